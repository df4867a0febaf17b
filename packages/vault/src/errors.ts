/** Why the vault refused: the keys it was given, a key it does not hold, or a sealed text that is not what it claims. */
export type VaultErrorCode = 'VAULT_KEYS_INVALID' | 'VAULT_KEY_UNKNOWN' | 'VAULT_OPEN_FAILED';

/** An error of the vault. Its message never holds key material, plain text or sealed text. */
export class VaultError extends Error {
  readonly code: VaultErrorCode;

  constructor(code: VaultErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'VaultError';
    this.code = code;
  }
}

/** Sealing and opening secrets under keys that can be changed. */
export { VaultError, type VaultErrorCode } from './errors.ts';
export { generateVaultKeys, parseVaultKeys, type VaultKey } from './keys.ts';
export { createVault, type Sealed, type Vault } from './vault.ts';

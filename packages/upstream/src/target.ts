/** As libpq means them (PostgreSQL manual, section 32.19.1). */
export type SslMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

/** What a client shows to a server that asks who it is. */
export interface ClientCertificate {
  /** PEM: the client's own certificate first, then those between it and an authority. */
  readonly certificate: string;
  /** PEM. A secret. */
  readonly privateKey: string;
}

/** What to connect to, and as whom. It holds secrets: it is handed on whole and never logged. */
export interface Target {
  /** A name or an address, as the customer wrote it. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly username: string;
  readonly password: string;
  readonly sslMode: SslMode;
  /** PEM of the authorities that are believed in place of the public ones. */
  readonly ca?: string | undefined;
  readonly clientCertificate?: ClientCertificate | undefined;
}

/** The environment is wrong in one variable. The message is one line that says what to do. */
export class ConfigError extends Error {
  constructor(variable: string, remedy: string) {
    super(`${variable}: ${remedy}`);
    this.name = 'ConfigError';
  }
}

const MAX_CHARACTERS = 300;

/** Whatever is no plain character: control characters, line ends, characters that turn the direction of writing. */
const NOT_PLAIN = /[\p{C}\p{Zl}\p{Zp}\s]+/gu;

/** A text that somebody else wrote, on one line, without anything harmful, and cut. */
export function plainText(text: string, maxCharacters = MAX_CHARACTERS): string {
  const plain = text.replaceAll(NOT_PLAIN, ' ').trim();
  // A character may take two places.
  const characters = Array.from(plain.slice(0, 2 * maxCharacters + 2));
  if (characters.length <= maxCharacters) return characters.join('');
  return `${characters.slice(0, maxCharacters - 1).join('')}…`;
}

/** Makes what the server of one connection writes fit to be shown. */
export class ServerText {
  #secret: string | undefined;

  /**
   * Hides what the server was told from now on, for it may say it back. Nothing is hidden from the texts of a server that
   * was told nothing: whoever knows how a text goes would read the secret off the gap.
   */
  conceal(secret: string): void {
    this.#secret = secret;
  }

  show(text: string): string {
    return plainText(this.#secret === undefined ? text : text.replaceAll(this.#secret, '…'));
  }
}

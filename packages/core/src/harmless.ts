/** A stranger's text for an answer, without what would move a cursor or turn the direction of a line. */
export function harmless(text: string): string {
  return text.toWellFormed().replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '\u{fffd}');
}

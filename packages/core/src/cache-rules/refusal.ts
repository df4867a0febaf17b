/** Why no rule is made for a statement, in words that follow the name of the field. */
export class Refusal extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Refusal';
  }
}

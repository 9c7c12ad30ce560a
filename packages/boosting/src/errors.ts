/** A saved model that does not hold what it must. The message is one line, meant to be shown as it is. */
export class BoostingError extends Error {
  readonly code = 'MODEL_INVALID'

  constructor(message: string) {
    super(message)
    this.name = 'BoostingError'
  }
}

import { VigilError } from '@vigil/errors'
import { ENGINE_ERRORS } from '../errors.ts'

/** A backend of TensorFlow.js that does not start here. */
export class BackendUnavailableError extends VigilError<'BACKEND_UNAVAILABLE'> {
  /** What is missing, a clause without a full stop. */
  readonly reason: string
  /** The one command that makes the backend available, to be run in the root of the project. */
  readonly command: string

  constructor(
    backend: string,
    { reason, command }: { readonly reason: string; readonly command: string },
    options?: ErrorOptions,
  ) {
    super(
      ENGINE_ERRORS,
      'BACKEND_UNAVAILABLE',
      `backend ${backend} is not available: ${reason}. Run \`${command}\`, or choose backend wasm, which needs nothing.`,
      options,
    )
    this.reason = reason
    this.command = command
  }
}

/** The one class of error that the package throws, beside TypeError and RangeError. */

/** What went wrong, as a closed list. */
export type VitrineErrorCode =
  /** Bytes that are not what they should be: no model file, cut short, altered. */
  | 'bad-format'
  /** The model was exported by a newer Vitrine. */
  | 'unsupported-version'
  /** Valid, but not something this browser or build can do. */
  | 'unsupported'
  /** A setting or call that cannot be meant. */
  | 'invalid-argument'
  /** A file, product or tensor that is not there. */
  | 'not-found'
  /** The device refused the memory that the model needs. */
  | 'out-of-memory'
  /** A file on disk could not be read. */
  | 'io'
  /** The server could not be reached, or the transfer broke off. */
  | 'network'
  /** The recommender was closed. */
  | 'closed'
  /** The engine failed in an earlier call and can no longer be used. */
  | 'aborted'
  /** A bug of ours. */
  | 'internal'

/** Its message says what went wrong, where, and what to do about it. */
export class VitrineError extends Error {
  override readonly name = 'VitrineError'
  readonly code: VitrineErrorCode

  constructor(code: VitrineErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

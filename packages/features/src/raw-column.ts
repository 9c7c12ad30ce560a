/** One column before encoding, N values in file order. */
export type RawColumn =
  | {
      /** Discrete values: codes into a dictionary; -1 = missing. */
      readonly kind: 'token'
      readonly codes: Int32Array
      readonly dictionary: readonly string[]
    }
  | {
      /** Numbers; NaN = missing. */
      readonly kind: 'number'
      readonly values: Float64Array
    }

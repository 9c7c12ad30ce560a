/** Where the text of a table goes. */
export type TableStyle = {
  readonly isTTY: boolean
  /** process.env is such an object. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

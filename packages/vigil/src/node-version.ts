/** The oldest Node in which the package runs: it has node:sqlite without a flag, and the compression of Parquet files. */
export const NODE_MIN = '22.15'

/** @param version such as 24.1.0 */
export function isNodeNewEnough(version: string): boolean {
  const [[major, minor], [majorMin, minorMin]] = [version, NODE_MIN].map((text) => text.split('.').map(Number))
  return major > majorMin || (major === majorMin && minor >= minorMin)
}

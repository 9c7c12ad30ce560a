/** How findings write their figures: ASCII, since logs are searched with the hyphen and the blank of the keyboard. */

/** A share as percent: two decimals below 1 % and above 99 %, else one. */
export function percent(share: number): string {
  const isNearEnd = (share > 0 && share < 0.01) || (share > 0.99 && share < 1)
  return `${(100 * share).toFixed(isNearEnd ? 2 : 1)} %`
}

/** A figure of any size, as 0.0123, 1.386, 57.5 or 38,588. */
export function figure(value: number): string {
  const size = Math.abs(value)
  if (size >= 1000) return Math.round(value).toLocaleString('en-US')
  if (size > 0 && size < 1e-4) return value.toExponential(1)
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 3 : 4)
}

/** A reward with its sign. */
export function signed(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(2)}`
}

/** A whole number with commas. */
export function count(value: number): string {
  return value.toLocaleString('en-US')
}

/** Names in a list: the first four, and how many more there are. */
export function list(names: readonly string[]): string {
  const rest = names.length - 4
  return rest > 0 ? `${names.slice(0, 4).join(', ')} and ${rest} more` : names.join(', ')
}

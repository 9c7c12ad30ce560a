/** By number, as the service names them. */
export const ACTIONS = ['allow', 'block', 'quarantine', 'alert'] as const

/** A number of at most four digits, with a unit prefix where it is large. */
export function short(value: number): string {
  const size = Math.abs(value)
  if (size >= 1e6) return `${digits(value / 1e6)}M`
  if (size >= 1e4) return `${digits(value / 1e3)}k`
  return digits(value)
}

function digits(value: number): string {
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (size >= 100) return value.toFixed(0)
  if (size >= 10) return value.toFixed(1).replace(/\.0$/, '')
  if (size >= 0.01) return value.toFixed(2).replace(/\.?0+$/, '')
  return value.toExponential(0)
}

export function percent(share: number): string {
  const per = 100 * share
  return `${per === 0 || per === 100 ? per : per < 10 ? per.toFixed(1) : per.toFixed(0)} %`
}

/** Time of day. @param at milliseconds since 1970 */
export function clock(at: number): string {
  return new Date(at).toLocaleTimeString([], { hour12: false })
}

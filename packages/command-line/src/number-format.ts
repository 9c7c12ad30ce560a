/** How numbers are written in the report and in the terminal. Fixed to one locale so that the same run gives the same text. */

/** What stands where a number does not exist. */
export const absentNumber = '\u2013'

/** A score in [0, 1] with three decimals, rounded down near 1 so that only a perfect score reads 1.000. */
export function formatScore(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return absentNumber
  return value < 1 && value > 0.9995 ? '0.999' : value.toFixed(3)
}

/** A whole number with separators: 74,999. */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/** A whole number in few characters: 940, 6.5k, 1.2M. */
export function formatCompact(value: number): string {
  if (!Number.isFinite(value)) return absentNumber
  for (const [unit, suffix] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    // 999,950 and more would round to "1000k": the next unit takes over just before.
    if (Math.abs(value) < unit * 0.9995) continue
    const scaled = value / unit
    return `${Math.abs(scaled) < 10 ? trimZero(scaled.toFixed(1)) : Math.round(scaled)}${suffix}`
  }
  return String(Math.round(value))
}

/** A share as per cent: 0.34 %, 12.3 %. Never 0 or 100 for shares that are not. What is below 0 or above 1 has one decimal: 100.2 %. */
export function formatShare(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return absentNumber
  if (value === 0 || value === 1) return `${value * 100}\u00A0%`
  const percent = value * 100
  if (value < 0 || value > 1) return `${percent.toFixed(1).replace('-', '\u2212')}\u00A0%`
  if (percent < 0.01) return '<0.01\u00A0%'
  if (percent > 99.99) return '>99.99\u00A0%'
  const digits = percent < 1 || percent >= 99 ? 2 : 1
  return `${percent.toFixed(digits)}\u00A0%`
}

/** A signed figure such as a reward, with a true minus sign: +1.62, −7.90. */
export function formatSigned(value: number | null, digits = 2): string {
  if (value === null || !Number.isFinite(value)) return absentNumber
  const text = Math.abs(value).toFixed(digits)
  if (Number(text) === 0) return text
  return (value < 0 ? '\u2212' : '+') + text
}

/** Any measured quantity in about three significant digits: 0.00412, 1.39, 84,434. */
export function formatMeasure(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return absentNumber
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) return value.toExponential(2).replace('-', '\u2212')
  if (size >= 1000) return formatCount(value).replace('-', '\u2212')
  return trimZero(value.toPrecision(3)).replace('-', '\u2212')
}

/** A duration: 48 s, 3 min 05 s, 2 h 10 min. */
export function formatDuration(durationMs: number): string {
  if (!Number.isFinite(durationMs)) return absentNumber
  const seconds = Math.max(0, Math.round(durationMs / 1000))
  if (seconds < 100) return `${seconds} s`
  if (seconds < 6000) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
}

function trimZero(text: string): string {
  return text.includes('.') && !text.includes('e') ? text.replace(/\.?0+$/, '') : text
}

/**
 * A number with what it counts.
 *
 * @example
 * formatCounted(1, 'category', 'categories') // '1 category'
 */
export function formatCounted(count: number, one: string, several = `${one}s`): string {
  return `${count} ${count === 1 ? one : several}`
}

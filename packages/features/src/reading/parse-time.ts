const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/i

/** The identity of a record of Linux audit begins with its time in seconds: 1626883065.201:216697. */
const AUDIT = /^(\d{9,11}\.\d{3}):\d+$/

/** Milliseconds since 1970 of a time in ISO 8601, or of an audit record; NaN where it is none. Without a zone it is UTC. */
export function isoMilliseconds(text: string): number {
  // Most times have a hyphen behind the year, and are no records of audit.
  const audit = text[4] === '-' ? null : AUDIT.exec(text)
  if (audit !== null) return Number(audit[1]) * 1000
  const match = ISO.exec(text.trim())
  if (match === null) return Number.NaN
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const [hour, minute, second] = [Number(match[4] ?? 0), Number(match[5] ?? 0), Number(match[6] ?? 0)]
  const whole = Date.UTC(year, month - 1, day, hour, minute, second)
  const isReal = new Date(whole).getUTCDate() === day && month >= 1 && month <= 12 && hour < 24 && minute < 60
  if (!isReal || second > 60) return Number.NaN
  return whole - zoneMinutes(match[8]) * 60_000 + Number(`0.${match[7] ?? '0'}`) * 1000
}

function zoneMinutes(zone: string | undefined): number {
  if (zone === undefined || zone.toUpperCase() === 'Z') return 0
  const digits = zone.replace(':', '')
  return (digits[0] === '-' ? -1 : 1) * (Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3, 5) || '0'))
}

export const TIME_UNITS = ['s', 'ms', 'us', 'ns'] as const

/** Unit of times that are numbers. */
export type TimeUnit = (typeof TIME_UNITS)[number]

const TO_MILLISECONDS: Readonly<Record<TimeUnit, number>> = { s: 1e3, ms: 1, us: 1e-3, ns: 1e-6 }

/** Milliseconds of a time that is a number. */
export function inMilliseconds(value: number, unit: TimeUnit): number {
  return unit === 's' || unit === 'ms' ? value * TO_MILLISECONDS[unit] : value / (1 / TO_MILLISECONDS[unit])
}

/** The unit in which a time lies between 1973 and 5138: seconds below 10^11, then a thousand times that for each unit. */
export function guessUnit(value: number): TimeUnit {
  const size = Math.abs(value)
  return size < 1e11 ? 's' : size < 1e14 ? 'ms' : size < 1e17 ? 'us' : 'ns'
}

/** Whole nanoseconds of a time in milliseconds. */
export function inNanoseconds(milliseconds: number): bigint {
  const whole = Math.floor(milliseconds)
  return BigInt(whole) * 1_000_000n + BigInt(Math.round((milliseconds - whole) * 1e6))
}

import type { Settings } from './causes.ts'

/** What `--quick` makes smaller. The presets' own figures otherwise: what they do wrong, they do wrong in small as well. */
const SMALLER = {
  iterations: 40,
  validateEvery: 10,
  rows: 20_000,
  policyHidden: [64],
  valueHidden: [64],
  lstmHidden: [32, 32],
} as const

/** The settings that `--quick` gives a preset; what the command line says overrules them. */
export function quickSettings(overrides: Settings): Settings {
  const { rows, ...smaller } = SMALLER
  return overrides.dataset === undefined || overrides.dataset === 'synthetic' ? { ...smaller, rows } : smaller
}

/** In words, for people. */
export function quickInWords(overrides: Settings): string {
  const words = Object.entries(quickSettings(overrides))
    .filter(([key]) => overrides[key] === undefined)
    .map(([key, value]) => `${key} ${value}`)
  return `--quick trains smaller than the presets say: ${words.join(', ')}.`
}

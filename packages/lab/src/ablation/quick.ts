import type { Settings } from './causes.ts'

/** What `--quick` makes smaller. What the presets do wrong, they do wrong in small as well. */
const SMALLER = { policyHidden: [64], valueHidden: [64], lstmHidden: [32, 32] } as const

/** For a training of the earlier system's 300 iterations. */
const SHORTER = { iterations: 100, validateEvery: 20 } as const

/** Events to generate, where they are generated. */
const ROWS = 20_000

/** The settings that `--quick` gives a preset with these settings; what the command line says overrules them. */
export function quickSettings({ iterations = 0 }: Settings, { dataset = 'synthetic' }: Settings): Settings {
  return {
    ...SMALLER,
    ...((iterations as number) > SHORTER.iterations ? SHORTER : {}),
    ...(dataset === 'synthetic' ? { rows: ROWS } : {}),
  }
}

/** In words, for people. */
export function quickInWords(overrides: Settings): string {
  const settings = quickSettings({ iterations: Number.POSITIVE_INFINITY }, overrides)
  const words = Object.entries(settings)
    .filter(([key]) => overrides[key] === undefined)
    .map(([key, value]) => `${key} ${value}`)
  return `--quick trains smaller and shorter than the presets say, at most: ${words.join(', ')}.`
}

import { DEFECTS, type Defect } from '@vigil/learner'

/** Settings as a preset has them. */
export type Settings = Readonly<Record<string, unknown>>

/** What else than a defect can keep a team from learning, each with the setting that takes it away. */
const REMEDIES = {
  discount: { gamma: 0 },
  'time-to-go': { bootstrap: true },
  penalty: { stlMode: 'off' },
  'no-faults': { agents: 4 },
  inputs: { features: 'behaviour' },
  sampling: { sampling: 'natural' },
} as const

/** Every cause that `--without` can take away. */
export const CAUSES: readonly string[] = [...DEFECTS, ...Object.keys(REMEDIES)]

/** The settings with these causes taken away and nothing else changed. */
export function without(settings: Settings, causes: readonly string[]): Settings {
  const remedies = causes.flatMap((cause) => (cause in REMEDIES ? [REMEDIES[cause as keyof typeof REMEDIES]] : []))
  const defects = defectsOf(settings).filter((defect) => !causes.includes(defect))
  return Object.assign({}, settings, { defects }, ...remedies)
}

/** The settings with these defects switched on besides. */
export function withDefects(settings: Settings, defects: readonly string[]): Settings {
  return { ...settings, defects: [...new Set([...defectsOf(settings), ...defects])] }
}

function defectsOf({ defects = [] }: Settings): readonly string[] {
  return defects as readonly Defect[]
}

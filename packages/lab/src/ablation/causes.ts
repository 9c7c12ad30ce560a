import { type Config, DEFECTS, type Defect } from '@vigil/config'

/** Settings as a preset has them. */
export type Settings = Readonly<Record<string, unknown>>

/** What takes a cause away where it is at work. */
type Remedy = {
  readonly isPresent: (config: Config) => boolean
  readonly settings: (config: Config) => Settings
}

/** Agents of the smallest team that tolerates a fault. */
const TOLERANT_TEAM = 4

/** What else than a defect can keep a team from learning. */
const REMEDIES: Readonly<Record<string, Remedy>> = {
  discount: { isPresent: ({ gamma }) => gamma > 0, settings: () => ({ gamma: 0 }) },
  'time-to-go': { isPresent: ({ bootstrap }) => !bootstrap, settings: () => ({ bootstrap: true }) },
  penalty: { isPresent: ({ stlMode }) => stlMode === 'penalty', settings: () => ({ stlMode: 'off' }) },
  'no-faults': {
    isPresent: ({ faults }) => faults === 0,
    settings: ({ agents }) => ({ agents: Math.max(agents, TOLERANT_TEAM), faults: 'auto' }),
  },
  inputs: { isPresent: ({ features }) => features === 'seed7', settings: () => ({ features: 'behaviour' }) },
  sampling: { isPresent: ({ sampling }) => sampling === 'balanced', settings: () => ({ sampling: 'natural' }) },
}

/** Every cause that `--without` can take away. */
export const CAUSES: readonly string[] = [...DEFECTS, ...Object.keys(REMEDIES)]

/**
 * The settings with these causes taken away and nothing else changed: the settings themselves where none is at work.
 *
 * @param config what the settings resolve to
 */
export function without(settings: Settings, causes: readonly string[], config: Config): Settings {
  const remedies = causes.flatMap((cause) => {
    const remedy = REMEDIES[cause]
    return remedy?.isPresent(config) ? [remedy.settings(config)] : []
  })
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

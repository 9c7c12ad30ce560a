/** What comes with Vigil to be required of a team. */

/** A formula of packages/stl over the environment's signals (signals.ts), with the name that reports call it by. */
export type NamedSpecification = { readonly name: string; readonly formula: string }

/** A rule in force. */
export type TargetedSpecification = NamedSpecification & {
  /** Share of the steps in which it is to hold, above 0 and below 1. */
  readonly target: number
}

/** Name of a list of specifications that comes with Vigil. */
export type SpecificationPreset = 'default' | 'original'

const RESPONSE = { name: 'response', formula: 'G (response_time_ms <= 100)' }
const FOLLOW_UP = { name: 'follow-up', formula: 'G (threat > 0.5 -> F[0,5] action > 0.5)' }
const RESOURCES = { name: 'resources', formula: 'G (0.2 <= cpu and cpu <= 0.9 and 0.2 <= memory and memory <= 0.9)' }

/**
 * `original` are the four of the attempts before Vigil. Its posture rule can hardly hold where one event in ten is a threat:
 * among 100 events there are some 10 threats, of which a single one that is missed makes 0.9. `default` differs in that
 * rule alone: over 200 events, 4 of some 20 threats may be missed and 18 of some 180 benign events stopped.
 */
export const SPECIFICATION_PRESETS: Readonly<Record<SpecificationPreset, readonly NamedSpecification[]>> = {
  default: [
    RESPONSE,
    FOLLOW_UP,
    { name: 'posture', formula: 'G (detection_rate[200] >= 0.8 and fp_rate[200] <= 0.1)' },
    RESOURCES,
  ],
  original: [
    RESPONSE,
    FOLLOW_UP,
    { name: 'posture', formula: 'G (detection_rate[100] >= 0.95 and fp_rate[100] <= 0.05)' },
    RESOURCES,
  ],
}

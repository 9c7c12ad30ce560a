/**
 * What the two dialects of STL disagree about. docs/stl.md has them side by side.
 *
 *   rtamt    RTAMT (github.com/nickovic/rtamt, commit 5e30b7b), the default
 *   stlcgpp  STLCG++ (Kapoor, Mizuta, Kang and Leung 2025, arXiv:2501.04194) with padding='last'
 */
export type ProfileName = 'rtamt' | 'stlcgpp'

/** The choices of a dialect. */
export type Profile = {
  readonly name: ProfileName
  /** until and since: must the left side hold at the step at which the right side holds? */
  readonly leftHoldsWithRight: boolean
  /** what future operators see behind the trace: nothing (windows are cut), or the last value for ever */
  readonly traceEnd: 'cut' | 'last'
  /** robustness of iff and xor: the distance |l - r| of the two sides, or that of their definition by and, or, not */
  readonly equivalence: 'distance' | 'expansion'
  /** how a -> b -> c is read: (a -> b) -> c, or a -> (b -> c) */
  readonly impliesAssociates: 'left' | 'right'
  /** what a bound counts where neither end of its interval has a unit */
  readonly boundUnit: 's' | 'steps'
}

/** The dialects by name. */
export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  rtamt: {
    name: 'rtamt',
    leftHoldsWithRight: false,
    traceEnd: 'cut',
    equivalence: 'distance',
    impliesAssociates: 'left',
    boundUnit: 's',
  },
  stlcgpp: {
    name: 'stlcgpp',
    leftHoldsWithRight: true,
    traceEnd: 'last',
    equivalence: 'expansion',
    impliesAssociates: 'right',
    boundUnit: 'steps',
  },
}

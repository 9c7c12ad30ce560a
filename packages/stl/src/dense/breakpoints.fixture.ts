/** Times, ascending, each with the value from there on. */
export type Breakpoints = readonly (readonly [number, number])[]

/** The value of breakpoints at a time. */
export function at(breakpoints: Breakpoints, t: number): number | undefined {
  return breakpoints.filter(([time]) => time <= t).at(-1)?.[1]
}

/** Told of a long work: so many steps of `stage` are done, of `total`. A stage begins with 0. */
export type OnStep = (stage: string, done: number, total: number) => void

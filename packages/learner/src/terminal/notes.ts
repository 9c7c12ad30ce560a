/** What is told while something else may be writing: said at once, or by whoever has the screen. */
export type Notes = {
  tell(text: string): void
  /** Lets another say the notes from now on. @returns what ends that */
  divert(say: (text: string) => void): () => void
}

/** @param say says notes while nobody else does */
export function createNotes(say: (text: string) => void): Notes {
  let current = say
  return {
    tell: (text) => current(text),
    divert(other) {
      current = other
      return () => {
        current = say
      }
    },
  }
}

/** Measures one case, given as JSON on the command line, and answers with JSON on the channel to its parent. */
import { markGarbageAtOnce } from '@vigil/learner'
import type { BenchCase } from './cases.ts'
import { type CaseResult, measureCase } from './measure.ts'

/** What comes back: the result, or why there is none. */
export type CaseAnswer = { readonly result: CaseResult } | { readonly error: { code: string; message: string } }

// As the commands that train do.
markGarbageAtOnce()

const [json, rounds] = process.argv.slice(2)
// A bench that ends early must not leave this process behind, nor a case that failed its threads.
process.once('disconnect', () => process.exit(1))
process.send!(await answer(JSON.parse(json) as BenchCase, Number(rounds)), () => process.exit(0))

async function answer(benchCase: BenchCase, rounds: number): Promise<CaseAnswer> {
  try {
    return { result: await measureCase(benchCase, rounds) }
  } catch (error) {
    // Only errors that say what to do have a code; another one is a defect and ends the process with its stack.
    if (error instanceof Error && 'code' in error)
      return { error: { code: String(error.code), message: error.message } }
    throw error
  }
}

import { extname } from 'node:path'
import { harmlessJson } from '@vigil/command-line'
import { type Bundle, readEvaluation, resultFiles } from '@vigil/runs'
import { distilList } from './distil.ts'
import { type Rules, rulesText } from './rules-text.ts'
import { sigmaRules } from './sigma.ts'
import { teamLadder } from './team-ladder.ts'

/** How rules are written, by the ending of the file; any other is text. */
const WRITERS: Readonly<Record<string, (rules: Rules) => string>> = {
  '.json': (rules) => `${harmlessJson(rules)}\n`,
  '.yaml': sigmaRules,
  '.yml': sigmaRules,
}

/**
 * At most ten lines in the place of a team: a decision list on raw columns, or where actions have consequences the ladder on its score.
 *
 * @param target `out` the file that they are written to, whose ending says how; `data` where the data lie now, null = where they lay
 * @throws {VigilError} TEAM_UNEXPORTABLE, and as distilList and readEvaluation
 */
export async function rulesFile(
  bundle: Bundle,
  run: string,
  { out, data }: { readonly out: string; readonly data: string | null },
): Promise<Uint8Array> {
  const rules =
    bundle.environment.response === null
      ? await distilList(bundle, run, data)
      : teamLadder(await readEvaluation(resultFiles({ path: run }, 'test').evaluation))
  const write = WRITERS[extname(out).toLowerCase()] ?? rulesText
  return Buffer.from(write(rules))
}

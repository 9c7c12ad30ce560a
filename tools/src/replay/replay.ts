/** `npx nx run tools:replay`: is this run what its config makes? README.md has the flags. */

import { type CommandContext, runCommand } from '@vigil/command-line'
import { LAB } from '@vigil/lab'
import { markGarbageAtOnce, repeatRun } from '@vigil/learner'
import { toolError } from '../errors.ts'
import { HELP, parseOptions } from './options.ts'
import { verdictOn } from './verdict.ts'

await runCommand({ help: HELP, run: replay })

async function replay({ words }: CommandContext) {
  markGarbageAtOnce()
  const { run, settings } = parseOptions(words)
  const say = (text: string) => process.stdout.write(`${text}\n`)
  const session = { stream: process.stdout, isTTY: process.stdout.isTTY === true }
  const repeated = await repeatRun(run, settings, session, LAB)
  const { matches, findings, reasons } = verdictOn(repeated)
  say('')
  for (const finding of findings) say(finding)
  if (matches) {
    const { weightsSha256 } = repeated.repeated
    say(`${run} matches: trained again, it has the same weights, SHA-256 ${weightsSha256}.`)
    return { run, weightsSha256 }
  }
  throw toolError(
    'CHECK_FAILED',
    `${run} does not match its repetition. What may be behind it:\n${reasons.map((reason) => `- ${reason}`).join('\n')}`,
  )
}

/** `npx nx run tools:reward-balance`: what a reward table makes of a threat rate. README.md has the flags. */
import { runCommand, writeJsonFile } from '@vigil/command-line'
import { compileEnvironment } from '@vigil/env-wasm'
import { toolError } from '../errors.ts'
import { HELP, parseOptions } from './options.ts'
import { checkedBalance, disagreementOf } from './report.ts'
import { balanceTable } from './table.ts'

await runCommand({
  help: HELP,
  async run({ words }) {
    const options = parseOptions(words)
    const report = checkedBalance(await compileEnvironment(), options)
    const { output } = options
    if (output.to === 'stdout') {
      process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
    } else {
      if (output.to === 'file') await writeJsonFile(output.path, report)
      process.stdout.write(balanceTable(report, { isTTY: process.stdout.isTTY === true, environment: process.env }))
      if (output.to === 'file') process.stdout.write(`JSON: ${output.path}\n`)
    }
    const disagreement = disagreementOf(report)
    if (disagreement !== null) throw toolError('CHECK_FAILED', disagreement)
  },
})

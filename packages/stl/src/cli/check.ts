import { endWith, flagsOf, runCommand } from '@vigil/command-line'
import { checkCommand, FLAGS } from './check-command.ts'

await runCommand({
  help: {
    command: 'stl:check',
    file: 'packages/stl/src/cli/check.ts',
    purpose: 'Says how robustly a trace satisfies a formula of Signal Temporal Logic, and where it is violated first.',
    groups: [{ title: 'Flags', flags: flagsOf(FLAGS) }],
    examples: [
      '--formula="G (x < 0.5)" --trace=trace.csv',
      '--formulas=rules.txt --trace=trace.csv --json',
      '--formula="G[0, 2 s] x < 0.5" --trace=uneven.csv --semantics=dense',
    ],
    exitCodes:
      '0 all hold, 1 one is violated, 4 none is violated but one is inconclusive, 2 a formula or the usage is bad, 3 the trace is bad',
  },
  // What is wrong with a formula or a trace is part of the result; only a wrong command line throws.
  async run({ words }) {
    const code = await checkCommand(words, (text) => process.stdout.write(text))
    if (code !== 0) endWith(code)
  },
})

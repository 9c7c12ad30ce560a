import { commandLine, endWith, runCommand } from '@vigil/command-line'
import { checkCommand } from './check-command.ts'

await runCommand(
  async () => {
    const code = await checkCommand(commandLine(), (text) => process.stdout.write(text))
    if (code !== 0) endWith(code)
  },
  // What is wrong with a formula or a trace is part of the result; only a wrong command line gets here.
  { usage: () => false, badData: () => false },
)

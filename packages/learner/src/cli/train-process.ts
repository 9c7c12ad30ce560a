/** `learner:train` as a process of another command (../experiment/training-process.ts), which ends with that command. */

import { runCommand } from '@vigil/command-line'
import { LEARNER_TRAIN } from './learner-train.ts'
import { trainCommand } from './train-command.ts'

process.once('disconnect', () => process.kill(process.pid, 'SIGINT'))
// Only while there is other work.
process.channel?.unref()
await runCommand(trainCommand(LEARNER_TRAIN))

import { runCommand } from '@vigil/command-line'
import { LEARNER_TRAIN } from './learner-train.ts'
import { trainCommand } from './train-command.ts'

await runCommand(trainCommand(LEARNER_TRAIN))

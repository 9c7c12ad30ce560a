import { PLAIN } from '../run/composition.ts'
import type { TrainCommand } from './train-command.ts'

/** `learner:train`, also where another command starts it as a process. */
export const LEARNER_TRAIN: TrainCommand = {
  command: 'learner:train',
  file: 'packages/learner/src/cli/train.ts',
  purpose:
    'Trains a team, evaluates its best checkpoint on the test split, and leaves weights, metrics and a report in a run folder. Every setting is a flag and a key of a config file (--learning-rate is learningRate); of a flag given twice the last counts. docs/training.md has the experiments behind the defaults.',
  examples: [
    '--seed=2',
    '--seeds=1..5 --out=runs/NAME',
    '--dataset=darpa-tc --data=FOLDER --features=behaviour --split=stratified',
    '--from=runs/NAME --data=newer-events.yaml',
    '--resume=runs/NAME',
    '--resume=runs/NAME --iterations=100',
  ],
  flags: {},
  beginFrom: () => [],
  isExperiment: false,
  composition: PLAIN,
}

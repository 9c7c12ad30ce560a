import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { makeFolder } from '@vigil/runs'
import type { Session } from '../run/session.ts'
import { type PlannedTraining, wordsFor } from './planned-training.ts'
import { startTraining, type TrainingProcess } from './training-process.ts'

/** Trainings that came to no end, by name, and why. */
export type Unfinished = ReadonlyMap<string, string>

/**
 * Trains in processes of their own, several at a time, each from its beginning or from where it stands. One that fails does not
 * keep the others from being done. Ends early when it is asked to: what was under way stays in its folder.
 *
 * @param parallel how many at a time; it changes speed, never results
 */
export async function trainAll(
  trainings: readonly PlannedTraining[],
  { stream, stop }: Pick<Session, 'stream' | 'stop'>,
  parallel: number,
): Promise<Unfinished> {
  const say = (name: string, text: string) => stream.write(`${name}: ${text}\n`)
  const waiting = trainings.values()
  const running = new Set<TrainingProcess>()
  const unfinished = new Map<string, string>()
  const unsubscribe = stop.onRequest(() => {
    stream.write('Stopping: trainings under way are saved; once more to stop at once.\n')
    for (const process of running) process.stop()
  })
  const share = Math.max(1, Math.floor(availableParallelism() / parallel))
  const trainOneByOne = async () => {
    for (const training of waiting) {
      const { name } = training
      if (stop.requested()) {
        unfinished.set(name, 'not begun')
        continue
      }
      await makeFolder(dirname(training.log))
      const words = await wordsFor(training, parallel === 1 ? null : share)
      const process = startTraining(words, {
        log: training.log,
        onLine: (line) => {
          if (PROGRESS.test(line)) say(name, line)
        },
      })
      running.add(process)
      if (stop.requested()) process.stop()
      const complaint = await process.ended
      running.delete(process)
      if (complaint === null) continue
      unfinished.set(name, complaint)
      say(name, complaint === 'stopped' ? 'stopped' : `is left: ${complaint}`)
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(parallel, trainings.length) }, trainOneByOne))
  } finally {
    unsubscribe()
  }
  return unfinished
}

/** Lines of a training's output that are worth showing beside those of others. */
const PROGRESS = /^(iteration +\d|going on after|nothing is left to train)/

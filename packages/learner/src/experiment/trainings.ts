import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { makeFolder } from '@vigil/runs'
import type { Session } from '../run/session.ts'
import { type PlannedTraining, wordsFor } from './planned-training.ts'
import { type Complaint, startTraining, type TrainingProcess } from './training-process.ts'

/** Trainings that came to no end, by name, and why. */
export type Unfinished = ReadonlyMap<string, Complaint>

/**
 * Trains in processes of their own, several at a time, each from its beginning or from where it stands. One that fails does not
 * keep the others from being done. Ends early when it is asked to: what was under way stays in its folder. No process is left
 * when it returns or throws.
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
  const unfinished = new Map<string, Complaint>()
  const stopAll = () => {
    for (const process of running) process.stop()
  }
  const unsubscribe = stop.onRequest(() => {
    stream.write('Stopping: trainings under way are saved; once more to stop at once.\n')
    stopAll()
  })
  const { lanes, threads } = lanesOf(trainings.length, parallel, availableParallelism())
  let isBroken = false
  const trainOne = async (training: PlannedTraining) => {
    const { name, log } = training
    await makeFolder(dirname(log))
    const words = await wordsFor(training, threads)
    const process = startTraining(words, {
      log,
      onLine: (line) => {
        if (PROGRESS.test(line)) say(name, line)
      },
      onLogLost: (reason) => say(name, `${log} is not written any more: ${reason}`),
    })
    running.add(process)
    if (stop.requested() || isBroken) process.stop()
    const complaint = await process.ended
    running.delete(process)
    if (complaint === null) return
    unfinished.set(name, complaint)
    say(name, complaint.reason === 'stopped' ? 'stopped' : `is left: ${complaint.reason}`)
  }
  const trainOneByOne = async () => {
    try {
      for (const training of waiting) {
        if (stop.requested() || isBroken) unfinished.set(training.name, { reason: 'not begun', isData: false })
        else await trainOne(training)
      }
    } catch (error) {
      isBroken = true
      stopAll()
      throw error
    }
  }
  // All lanes end before an error of one is told: those who train hold locks, and read what Ctrl-C asks.
  const ended = await Promise.allSettled(Array.from({ length: lanes }, trainOneByOne)).finally(unsubscribe)
  for (const lane of ended) if (lane.status === 'rejected') throw lane.reason
  return unfinished
}

/** How many trainings run at a time, and the threads of each; null = as its words say, which one alone may have. */
export function lanesOf(trainings: number, parallel: number, cores: number) {
  const lanes = Math.min(parallel, trainings)
  return { lanes, threads: lanes <= 1 ? null : Math.max(1, Math.floor(cores / lanes)) }
}

/** Lines of a training's output that are worth showing beside those of others. */
const PROGRESS = /^(iteration +\d|going on after|nothing is left to train)/

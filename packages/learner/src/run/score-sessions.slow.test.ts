import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConfigInput, resolveConfig } from '@vigil/config'
import { runFolderAt } from '@vigil/runs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readScoredTraining, trainAndScore } from './train-and-score.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vigil-score-'))
})
afterAll(() => rm(root, { recursive: true }))

const SMALL: ConfigInput = {
  environment: 'triage',
  ...{ rows: 2000, iterations: 2, validateEvery: 2, rowsPerIteration: 512, minibatchSize: 256 },
  ...{ policyHidden: [8], valueHidden: [8], engine: 'portable', actors: 1, engineThreads: 1 },
}

function placed(name: string, input: ConfigInput = {}) {
  const out = join(root, name)
  return { ...resolveConfig({ ...SMALL, ...input, out }, 'test'), out }
}

/** A session that counts who listens for a request to stop, and asks for an end after `stopAfter` iterations. */
function openSession(stopAfter = Number.POSITIVE_INFINITY) {
  const listeners = new Set<() => void>()
  let said = ''
  let asked = 0
  let mostListeners = 0
  const stop = {
    requested: () => ++asked >= stopAfter,
    onRequest(listener: () => void) {
      listeners.add(listener)
      mostListeners = Math.max(mostListeners, listeners.size)
      return () => listeners.delete(listener)
    },
  }
  const stream = {
    write(text: string) {
      said += text
      return true
    },
  }
  const session = { stream, isTTY: false, stop }
  return { session, said: () => said, listeners: () => ({ now: listeners.size, most: mostListeners }) }
}

describe('sessions of trainAndScore', () => {
  it('shares one request to stop between trainings: only the one under way listens', async () => {
    const { session, listeners } = openSession()
    for (const seed of [1, 2]) {
      expect(await trainAndScore(placed(`shared-${seed}`, { seed }), session)).not.toBeNull()
      expect(listeners()).toEqual({ now: 0, most: 1 })
    }
    const stopped = openSession(1)
    expect(await trainAndScore(placed('stopped'), stopped.session)).toBeNull()
    expect(stopped.listeners()).toEqual({ now: 0, most: 1 })
  })

  it('only scores what is trained, and says so', async () => {
    const config = placed('unscored')
    const whole = await trainAndScore(config, openSession().session)
    await rm(runFolderAt(config.out).lastWeights)
    expect(await readScoredTraining(config)).toBeNull()
    const { session, said } = openSession()
    expect(await trainAndScore(config, session)).toEqual(whole)
    expect(said()).toContain('nothing is left to train: 2 of 2 iterations are done')
    expect(said()).not.toContain('evaluat')
  })

  it('refuses a folder with other settings and names one that matters', async () => {
    const found = placed('taken')
    const scored = await trainAndScore(found, openSession().session)
    const change: ConfigInput = { actors: 2, engineThreads: 2 }
    expect(await readScoredTraining(placed('taken', change))).toEqual(scored)
    await expect(readScoredTraining(placed('taken', { ...change, epochs: 3 }))).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('epochs is 4 there, but 3 here'),
    })
  })
})

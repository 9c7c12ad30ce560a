/** Every error that is put into the protocol is noticed, and the table says by which check. */
import { expect, test } from 'vitest'
import { MUTANTS } from './mutants.fixture.ts'
import { simulate } from './simulate.ts'

/** Which checks may be the first to notice it. */
const CAUGHT_BY: { readonly [name in keyof typeof MUTANTS]: readonly string[] } = {
  'quorum of 2f': ['certificates', 'backed'],
  'quorum of 2f + 1 whatever n': ['certificates', 'backed'],
  'signers counted twice': ['integrity', 'certificates', 'backed'],
  'signatures unchecked': ['blame', 'certificates', 'backed'],
  'votes in views that were left': ['one-vote'],
  'votes for two proposals of a view': ['one-vote'],
  'proposals need not follow the highest lock': ['locked', 'one-vote'],
  'lock not carried into the next view': ['one-vote'],
  'certificate of a lock need not be the highest': ['locked', 'one-vote'],
  'commits without a certificate': ['backed', 'integrity'],
  'stale timers count': ['patience'],
  'first statement of evidence unsigned': ['blame'],
  'second statement of evidence unsigned': ['blame'],
  'evidence without a contradiction': ['blame'],
  'statements not bound to their batch': ['blame', 'validity', 'certificates'],
  'statements not bound to their kind': ['certificates', 'backed', 'blame'],
  'statements not bound to their view': ['backed', 'certificates', 'blame'],
  'messages of other batches followed': ['blame', 'validity', 'certificates'],
  'votes counted against all agents': ['unanimity'],
  'quorum of 2f + 1 votes however many ballots': ['unanimity'],
  'weights that f agents can heap up': ['unanimity'],
  'mean in place of the trimmed median': ['unanimity'],
  'takes part after losing its state': ['one-vote'],
  'takes part after losing its state and another crash': ['one-vote'],
}

// Two of them need what few runs hold: a leader that shows an old certificate beside claims to a later one.
test.each(Object.keys(MUTANTS) as (keyof typeof MUTANTS)[])('%s', (name) => {
  const { failure } = simulate({ seed: 1, runs: 800, mutation: MUTANTS[name] })
  expect(failure, 'not caught in 800 runs').not.toBeNull()
  expect(CAUGHT_BY[name]).toContain(failure!.outcome.violations[0].check)
})

export { agree } from './certificates/agree.ts'
export type { BatchCertificate, TrustedTeam } from './certificates/certificate.ts'
export {
  certify,
  proveDecision,
  splitEvidence,
  verifyCertificate,
  verifyDecision,
  verifyEvidence,
} from './certificates/certificate.ts'
export {
  certificateEntry,
  certificatesHead,
  decodeCertificates,
  encodeCertificates,
} from './certificates/certificate-file.ts'
export {
  CHAIN_BEGIN,
  type ChainLink,
  type ChainPlace,
  type ChainTeam,
  eventsRoot,
  linkAfter,
  placeAfter,
  settingsOfLink,
  verifyLink,
} from './certificates/chain.ts'
export { decodeManifest, type EpochManifest, encodeManifest } from './certificates/epoch-manifest.ts'
export { decodePublicTeam, encodePublicTeam, PUBLIC_TEAM_MOST } from './certificates/public-team.ts'
export {
  assertFollows,
  beginOf,
  type Epoch,
  epochOf,
  isSigned,
  missingReady,
  missingSigners,
  type SuccessorSignature,
  signReadiness,
  signSuccessor,
  successorEvidence,
} from './certificates/successor.ts'
export { AGREEMENT_ERRORS } from './errors.ts'
export { decodeEnvelope, encodeEnvelope, messageBytesMax } from './protocol/codec.ts'
export type { Durable } from './protocol/durable.ts'
export { decodeDurable, encodeDurable, mayHaveCommitted } from './protocol/durable-codec.ts'
export { type AgentKeys, ed25519Sign, ed25519Verify, generateTeamKeys } from './protocol/keys.ts'
export type { Committed, Envelope, Evidence } from './protocol/messages.ts'
export type { Effect, Timer } from './protocol/outbox.ts'
export type { RejectionReason } from './protocol/rejection.ts'
export { Replica, type ReplicaOptions } from './protocol/replica.ts'
export { agreementQuorum, STANDARD_RULES } from './protocol/rules.ts'
export type { Domain, Sign, Verify } from './protocol/statement.ts'
export { batchCountOf, settingsOfBatch, type Terms } from './protocol/terms.ts'
export { loadTree } from './protocol/tree-root.ts'
export { type BatchSettings, countValue, Digests } from './protocol/value.ts'
export type { BehaviourName } from './simulator/behaviours.ts'
export { type LoneLiar, loneLiar } from './simulator/lone-liar.ts'

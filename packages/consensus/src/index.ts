export { agree, type TeamVotes } from './agreement/agree.ts'
export type { BatchCertificate, DecisionProof, TrustedTeam } from './agreement/certificate.ts'
export { certify, proveDecision, verifyCertificate, verifyDecision } from './agreement/certificate.ts'
export {
  decodeCertificates,
  decodePublicTeam,
  encodeCertificates,
  encodePublicTeam,
  type PublicTeam,
} from './agreement/certificate-file.ts'
export type { Checking } from './agreement/checks.ts'
export { decodeEnvelope, encodeEnvelope, type MessageShape, type Refused } from './agreement/codec.ts'
export type { Durable } from './agreement/durable.ts'
export { type AgentKeys, ed25519Sign, ed25519Verify, generateTeamKeys } from './agreement/keys.ts'
export type { Ballot, Committed, Envelope, Evidence, Message, QuorumCertificate, Value } from './agreement/messages.ts'
export type { Effect, Timer } from './agreement/outbox.ts'
export type { RejectionCounts, RejectionReason } from './agreement/rejection.ts'
export { Replica, type ReplicaOptions } from './agreement/replica.ts'
export { type AgreementRules, agreementQuorum, STANDARD_RULES } from './agreement/rules.ts'
export type { Domain, Sign, Statement, Verify } from './agreement/statement.ts'
export { type BatchSettings, Digests } from './agreement/value.ts'
export { type AttackedTeam, attackVotes, SCRIPTED_ATTACKS, type ScriptedAttack } from './attacks/scripted.ts'
export { type Collusion, colludeAgainst } from './attacks/targeted.ts'
export type { BatchDecision, BatchVotes, Decision, DecisionRule, VoteSettings } from './decide.ts'
export { DECISION_RULES, decide, decideBatch } from './decide.ts'
export type { ConsensusErrorCode } from './errors.ts'
export { ConsensusError } from './errors.ts'
export { maxFaults, quorumSize } from './quorum.ts'
export { type Action, NO_ACTION } from './rules/verdict.ts'
export { weightsOfSkill } from './rules/weighted.ts'

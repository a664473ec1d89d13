/** The order of the queue, as the server keeps it: pure, so that it can be tested without one. */
import type { Question, Rule } from '../../api/question'

/** First those that the creator put first, in that order, then by the rule. */
export function inOrder(questions: Question[], first: string[], rule: Rule): Question[] {
  const place = (q: Question) => (first.includes(q.id) ? first.indexOf(q.id) : first.length)
  const turn = (q: Question) => Date.parse(q.stands) - q.votes * rule.vote_seconds * 1000
  return questions.toSorted(
    (a, b) =>
      place(a) - place(b) ||
      turn(a) - turn(b) ||
      a.asked_at.localeCompare(b.asked_at) ||
      a.id.localeCompare(b.id),
  )
}

/** Where a question stands that was asked just now. */
export function standing(at: string, first: boolean, rule: Rule): string {
  return new Date(Date.parse(at) - (first ? rule.first_seconds * 1000 : 0)).toISOString()
}

/** The newest answer first. */
export const byAnswer = (a: Question, b: Question) => (b.answered_at ?? '').localeCompare(a.answered_at ?? '')

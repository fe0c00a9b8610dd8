/** Another book of what accounts may spend: the caps of their plans' budgets by JavaScript's calendar and in whole numbers. It shares nothing with the ledger. */

/** What each plan may spend in a month: nano-EUR. */
export type PlanCaps = Readonly<Record<string, bigint>>

/** A month as its statement should say it. */
export interface BookedMonth {
  readonly month: string
  /** That it began with, and what that allowed. */
  readonly plan: string
  readonly allowance: bigint
  /** When it ended. */
  readonly cap: bigint
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)
const ceilOf = (of: bigint, by: bigint): bigint => of / by + (of % by > 0n ? 1n : 0n)

/** One account, from a moment on. Moments are milliseconds, and never go back. */
export class CapBook {
  plan: string
  cap: bigint
  month: string
  readonly months: BookedMonth[] = []
  /** What plans gave of this month's cap, and what the one in force may spend in a whole month. */
  private given: bigint
  private full: bigint
  private began: { plan: string; allowance: bigint }
  private status: 'active' | 'suspended' = 'active'
  private cancelsAt: number | undefined
  private next: string | undefined
  private raises: { amount: bigint; until: number }[] = []
  private readonly plans: PlanCaps
  private readonly day: Intl.DateTimeFormat
  private now: number

  constructor(plans: PlanCaps, plan: string, timeZone: string, now: number) {
    this.plans = plans
    this.now = now
    this.day = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
    this.month = this.monthAt(now)
    this.plan = plan
    this.cap = this.given = this.full = this.capOf(plan)
    this.began = { plan, allowance: this.cap }
  }

  private capOf(plan: string): bigint {
    const cap = this.plans[plan]
    if (cap === undefined) throw new Error(`there is no plan "${plan}"`)
    return cap
  }

  /** Takes back raises that are over, and begins the months that have come. */
  passTo(to: number): void {
    for (let end = this.monthsEnd(); end <= to; end = this.monthsEnd()) {
      this.expire(end)
      this.months.push({ month: this.month, plan: this.began.plan, allowance: this.began.allowance, cap: this.cap })
      this.now = end
      this.month = this.monthAt(end)
      this.plan = this.next ?? this.plan
      this.next = undefined
      this.raises = []
      this.cap = this.given = this.full = this.capOf(this.plan)
      this.began = { plan: this.plan, allowance: this.cap }
    }
    this.now = to
    this.expire(to)
  }

  get standing(): 'active' | 'suspended' | 'cancelled' {
    return this.cancelsAt !== undefined && this.cancelsAt <= this.now ? 'cancelled' : this.status
  }

  changePlan(plan: string, proration: 'none' | 'days'): void {
    const cap = this.capOf(plan)
    if (plan !== this.plan) {
      const [days, left] = this.daysLeft()
      const meant = proration === 'days' ? ceilOf((cap - this.full) * left, days) : cap - this.given
      const by = meant < -this.cap ? -this.cap : meant
      this.cap += by
      this.given += by
      this.full = cap
    }
    this.plan = plan
    this.next = undefined
  }

  changePlanNextMonth(plan: string): void {
    this.next = plan
  }

  /** Whether a plan begins now where nobody says when: it may spend no less. */
  beginsNow(plan: string): boolean {
    return plan === this.plan || this.capOf(plan) >= this.full
  }

  topUp(amount: bigint, until?: number): void {
    this.cap += amount
    if (until !== undefined && until < this.monthsEnd()) this.raises.push({ amount, until })
  }

  setStatus(status: 'active' | 'suspended'): void {
    this.status = status
    // Who comes back is not cancelled any more; a cancellation that is to come stays.
    if (status === 'active' && this.cancelsAt !== undefined && this.cancelsAt <= this.now) this.cancelsAt = undefined
  }

  cancel(from: 'now' | 'next_month' | 'never'): void {
    if (this.standing === 'cancelled') return
    this.cancelsAt = from === 'never' ? undefined : from === 'now' ? this.now : this.monthsEnd()
  }

  /** The first moment of the next month: found by looking. */
  monthsEnd(): number {
    let [inside, outside] = [this.now, this.now + 32 * 86_400_000]
    while (outside - inside > 1) {
      const middle = Math.floor((inside + outside) / 2)
      if (this.monthAt(middle) === this.month) inside = middle
      else outside = middle
    }
    return outside
  }

  private expire(to: number): void {
    for (const due of this.raises.filter(({ until }) => until <= to).toSorted((a, b) => a.until - b.until))
      this.cap -= least(due.amount, this.cap)
    this.raises = this.raises.filter(({ until }) => until > to)
  }

  private monthAt(at: number): string {
    return this.day.format(at).slice(0, 7)
  }

  /** Of this month, today included. */
  private daysLeft(): readonly [days: bigint, left: bigint] {
    const [year = 0, month = 0, today = 0] = this.day.format(this.now).split('-').map(Number)
    const days = new Date(Date.UTC(year, month, 0)).getUTCDate()
    return [BigInt(days), BigInt(days - today + 1)]
  }
}

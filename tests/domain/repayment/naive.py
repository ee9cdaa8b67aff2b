"""A second calculator of a loan's life, as dumb as possible: day by day, in fractions.

Written from docs/algorithms, not from the engine: it shares no code with it, and reads only the plain values of
its terms, options and postings. No holiday rule, no tolerance, no custom schedule.
"""

from calendar import monthrange
from datetime import date, timedelta
from fractions import Fraction

PARTS = ("fee", "penalty", "compound", "interest", "principal")
ONE_DAY = timedelta(days=1)


def half_up(value):
    """Round to a whole fen, halves up; never negative here."""
    return int(value + Fraction(1, 2))


def months_later(day, months, day_of_month=None):
    """Return the same day of a later month, or its last day."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day_of_month or day.day, monthrange(year, month)[1]))


def thirty_days(start, end):
    """Count whole months as thirty days, and the odd days after them."""
    months = 0
    while months_later(start, months + 1) <= end:
        months += 1
    return 30 * months + (end - months_later(start, months)).days


class Naive:
    """One loan; ``live`` takes it through its postings to a day."""

    def __init__(self, terms, options):
        self.options = options
        self.agree(terms, terms.principal_fen, terms.disburse_date, 0)
        self.today = terms.disburse_date
        self.rows = self.plan(1, self.principal)
        self.suspense = self.received = self.refunded = self.recovered = self.written_off = 0
        self.written_off_on = self.settled_on = None
        self.last_due = self.rows[-1]["due"]
        self.late_today = None

    # 条款

    def agree(self, terms, principal, start, numbered_after):
        self.method, self.principal, self.anchor = terms.method, principal, start
        self.first_rate = Fraction(terms.annual_rate)
        self.rates = []
        for change in terms.rate_changes:
            self.rates.append((change.effective_from, Fraction(change.annual_rate), change.split))
        self.months = terms.periods
        self.flat = Fraction(terms.flat_monthly_rate) if terms.method == "flat" else None
        self.longer = terms.amortization_periods
        self.basis = terms.interest_basis.value
        self.monthly = self.basis == "monthly"
        self.base = 365 if self.basis == "act/365" else 360
        self.repayment_day, self.min_first_days = terms.repayment_day, terms.min_first_days
        self.period_fee = terms.period_fee_fen
        self.offset = numbered_after
        self.part = None
        self.by_contract = terms.maturity_mode.value == "contract_date" and terms.repayment_day is not None
        self.recount()

    def recount(self):
        """Count the installments: one for each month, one for a bullet, or up to the contract date."""
        self.count = 1 if self.method == "bullet" else self.months
        if self.by_contract:
            self.count = 1
            while self.repayment_date(self.count) < months_later(self.anchor, self.months):
                self.count += 1

    def due_of(self, number):
        """Return the due date of the number-th installment under these terms; 0 is the start."""
        if number == 0:
            return self.anchor
        if self.method == "bullet":
            return months_later(self.anchor, self.months)
        if self.repayment_day is None:
            return months_later(self.anchor, number)
        if self.by_contract and number == self.count:
            return months_later(self.anchor, self.months)
        return self.repayment_date(number)

    def repayment_date(self, number):
        first = months_later(self.anchor, 0, self.repayment_day)
        if first <= self.anchor:
            first = months_later(first, 1, self.repayment_day)
        if (first - self.anchor).days < self.min_first_days:
            first = months_later(first, 1, self.repayment_day)
        return months_later(first, number - 1, self.repayment_day)

    def rate_at(self, start, day):
        if self.flat is not None:
            return self.flat * 12
        rate = self.first_rate
        for since, new, split in sorted(self.rates):
            if since <= start or (split and since <= day):
                rate = new
        return rate

    def exact_interest(self, number, amount, days=None):
        """Return the interest of a period, or of its first days, as a fraction."""
        start, end = self.due_of(number - 1), self.due_of(number)
        whole_days = (end - start).days
        if self.flat is not None:
            charge = half_up(self.principal * self.flat)
            return charge if days is None else Fraction(charge * min(days, whole_days), whole_days)
        if self.monthly:
            rate = self.rate_at(start, start)
            odd = self.method == "bullet" or (number == 1 and self.repayment_day is not None)
            odd = odd or (self.by_contract and number == self.count)
            whole = amount * rate * thirty_days(start, end) / 360 if odd else amount * rate / 12
            if days is None or days >= whole_days:
                return whole
            return min(whole, amount * rate * days / 360)
        total, day = Fraction(0), start
        for _ in range(whole_days if days is None else min(days, whole_days)):
            total += amount * self.rate_at(start, day) / self.base
            day += ONE_DAY
        return total

    def level(self, balance, rate, periods):
        month = rate / 12
        if month == 0:
            return half_up(Fraction(balance, periods))
        growth = (1 + month) ** periods
        return half_up(balance * month * growth / (growth - 1))

    def plan(self, number, balance, payment=None, part=None):
        """Return fresh rows from a period on; with ``payment`` or ``part``, by the one there is."""
        rows, rate = [], None
        self.part = part or half_up(Fraction(balance, self.count - number + 1))
        for k in range(number, self.count + 1):
            start, due = self.due_of(k - 1), self.due_of(k)
            interest = half_up(self.exact_interest(k, balance))
            now = self.rate_at(start, start)
            if now != rate and (rate is not None or payment is None):
                payment = self.level(balance, now, (self.longer or self.count) - k + 1)
            rate = now
            if k == self.count:
                principal = balance
            elif self.method in ("equal_installment", "balloon"):
                regular = half_up(balance * now / 12) if self.monthly else interest
                principal = min(balance, max(0, payment - regular))
            elif self.method in ("equal_principal", "flat"):
                principal = min(balance, self.part)
            else:
                principal = 0
            rows.append(self.new_row(k, start, due, balance, principal, interest, self.period_fee))
            rows[-1]["payment"] = payment
            balance -= principal
        return rows

    def new_row(self, number, start, due, opening, principal, interest, fee):
        rate = self.options.penalty_annual_rate
        rate = self.rate_at(start, due) if rate is None else Fraction(rate)
        return {
            "number": number + self.offset, "k": number, "start": start, "due": due, "opening": opening,
            "agreed": {"principal": principal, "interest": interest, "fee": fee, "penalty": 0, "compound": 0},
            "paid": dict.fromkeys(PARTS, 0), "waived": dict.fromkeys(PARTS, 0),
            "running": {"penalty": Fraction(0), "compound": Fraction(0)},
            "rate": rate * Fraction(self.options.penalty_multiplier) / self.options.day_base,
            "free": due + timedelta(days=self.options.grace_days),
            "cleared": None, "carried": False, "early_principal": 0, "early_fee": 0, "early_interest": Fraction(0),
        }  # fmt: skip

    # 每一天

    def open(self, row, part, day=None):
        left = row["agreed"][part] - row["paid"][part] - row["waived"][part]
        if part in ("penalty", "compound"):
            day = day or self.today
            return left + half_up(row["running"][part]) if day > row["free"] else 0
        return left

    def due_rows(self):
        return [row for row in self.rows if row["due"] <= self.today]

    def coming(self):
        return [row for row in self.rows if row["due"] > self.today and not row["carried"]]

    def live(self, postings, until):
        """Live through the days up to ``until`` with the postings that count, in (value date, order)."""
        gone = {p.reverses for p in postings if p.kind.value == "reversal"}
        left = [p for p in postings if p.kind.value != "reversal" and p.sequence not in gone]
        left = sorted((p for p in left if p.value_date <= until), key=lambda p: (p.value_date, p.sequence))
        while True:
            self.late_today = None
            if self.options.late_order is not None:
                self.is_late()
            if self.suspense and any(row["due"] == self.today for row in self.rows):
                self.spend_suspense()
            while left and left[0].value_date == self.today:
                posting = left.pop(0)
                self.cut()
                getattr(self, "do_" + posting.kind.value)(posting)
                self.look()
            if self.today == until:
                return self
            self.night()

    def night(self):
        """Let a night pass: lateness is charged on what is open."""
        for row in self.due_rows():
            if not row["carried"]:
                row["running"]["penalty"] += self.open(row, "principal") * row["rate"]
                if self.options.compound:
                    row["running"]["compound"] += self.open(row, "interest") * row["rate"]
        self.today += ONE_DAY

    def cut(self):
        """Round what has run up so far."""
        for row in self.due_rows():
            for part in ("penalty", "compound"):
                row["agreed"][part] += half_up(row["running"][part])
                row["running"][part] = Fraction(0)

    def look(self):
        """Note what is cleared; within grace that forgives what has run up."""
        for row in self.due_rows():
            if row["cleared"] is None and not any(
                self.open(row, p) for p in ("fee", "interest", "principal")
            ):
                row["cleared"] = self.today
                if self.today <= row["free"]:
                    for part in ("penalty", "compound"):
                        row["agreed"][part], row["running"][part] = 0, Fraction(0)
        if self.settled_on is None and not any(
            self.open(row, part, max(self.today, row["due"])) for row in self.rows for part in PARTS
        ):
            self.settled_on = self.today

    def is_late(self):
        if self.late_today is None:
            self.late_today = self.dpd()[1] > 90
        return self.late_today

    def dpd(self):
        late = [
            row for row in self.rows
            if row["due"] <= self.today and self.open(row, "principal") + self.open(row, "interest") > 0
        ]  # fmt: skip
        if not late:
            return 0, 0
        oldest = min(late, key=lambda row: (row["due"], row["number"]))
        raw = (self.today - oldest["due"]).days
        return raw, (raw if self.today > oldest["free"] else 0)

    # 钱

    def hand_out(self, amount, recovery=False, ahead=None):
        """Give money to what is due, then to what is repaid ahead of its day; return the rest."""
        if recovery:
            order, by_period = ("fee", "principal", "interest", "penalty", "compound"), False
        else:
            late = self.options.late_order is not None and self.is_late()
            order = self.options.late_order if late else self.options.order
            order, by_period = [c.value for c in order], self.options.mode.value == "by_period"
        rows = sorted(self.due_rows(), key=lambda row: (row["due"], row["number"]))
        places = [(row, part) for row in rows for part in order]
        if not by_period:
            places = [(row, part) for part in order for row in rows]
            if ahead:
                places = []
                for part in order:
                    places += [(row, part) for row in rows] + [(None, part)]
        elif ahead:
            places += [(None, part) for part in order]
        for row, part in places:
            if row is None:
                given = min(amount, ahead.get(part, 0))
                if given:
                    ahead[part] -= given
                    ahead["row"]["paid"][part] += given
            else:
                given = min(amount, self.open(row, part))
                row["paid"][part] += given
            amount -= given
            if self.written_off_on:
                self.recovered += given
        self.look()
        return amount

    def spend_suspense(self, ahead=None):
        self.cut()
        self.suspense = self.hand_out(self.suspense, ahead=ahead)

    def do_payment(self, posting, ahead=None, recovery=False):
        self.received += posting.amount_fen
        self.suspense += self.hand_out(posting.amount_fen, recovery=recovery, ahead=ahead)

    def do_recovery(self, posting):
        self.do_payment(posting, recovery=True)

    def do_refund(self, posting):
        amount = min(posting.amount_fen, self.suspense)
        self.suspense -= amount
        self.refunded += amount

    def do_waiver(self, posting):
        left, part = posting.amount_fen, posting.component.value
        for row in self.due_rows():
            if posting.period in (None, row["number"]):
                taken = min(left, self.open(row, part))
                row["waived"][part] += taken
                left -= taken

    # 提前还款

    def due_sum(self, carried=False):
        total = sum(self.open(row, part) for row in self.due_rows() for part in PARTS)
        if carried:
            later = [row for row in self.rows if row["carried"] and row["due"] > self.today]
            total += sum(self.open(row, part, row["due"]) for row in later for part in PARTS)
        return total

    def rest(self):
        """Return (balance not due, interest on it to today, days)."""
        coming = self.coming()
        if not coming or self.settled_on:
            return 0, 0, 0
        row = coming[0]
        days = max(0, (self.today - row["start"]).days)
        balance = row["opening"] - row["early_principal"]
        interest = self.exact_interest(row["k"], balance, days) + row["early_interest"]
        return balance, half_up(interest), days

    def price(self, amount):
        return half_up(amount * Fraction(self.options.prepayment_fee_rate))

    def replan(self, balance, payment=None, part=None):
        """Build what is not due anew on a balance; what was repaid ahead stays with the current row."""
        coming = self.coming()
        old = coming[0]
        fresh = self.plan(old["k"], balance, payment, part)
        first = fresh[0]
        if old["early_principal"] or old["early_fee"]:
            exact = self.exact_interest(first["k"], balance) + old["early_interest"]
            first["agreed"]["interest"] = half_up(exact)
        first["agreed"]["principal"] += old["early_principal"]
        first["agreed"]["fee"] += old["early_fee"]
        first["opening"] += old["early_principal"]
        for name in ("early_principal", "early_fee", "early_interest", "paid", "waived"):
            first[name] = old[name]
        self.rows = [row for row in self.rows if all(row is not old for old in coming)] + fresh
        self.rows.sort(key=lambda row: (row["due"], row["number"]))
        self.last_due = self.rows[-1]["due"]

    def shorten(self, balance, row):
        """Keep the payment of ``row`` and drop the periods it does not need."""
        k = row["k"]
        if self.method == "equal_principal":
            kept = row["agreed"]["principal"] - row["early_principal"]
        else:
            opening = row["opening"] - row["early_principal"]
            start = row["start"]
            regular = half_up(opening * self.rate_at(start, start) / 12)
            if not self.monthly:
                regular = half_up(self.exact_interest(k, opening))
            kept = row["agreed"]["principal"] - row["early_principal"] + regular
        left, count = balance, k - 1
        while count < self.count:
            count += 1
            if self.method == "equal_principal":
                regular = 0
            elif self.monthly:
                start = self.due_of(count - 1)
                regular = half_up(left * self.rate_at(start, start) / 12)
            else:
                regular = half_up(self.exact_interest(count, left))
            if left + regular <= kept:
                break
            left -= max(0, kept - regular)
        if count < self.count:
            self.count = self.months = count
            self.by_contract = False
        return kept

    def do_prepayment(self, posting):
        coming, amount = self.coming(), posting.prepay_fen
        today = [row for row in self.rows if row["due"] == self.today and not row["carried"]]
        balance = coming[0]["opening"] - coming[0]["early_principal"] if coming else 0
        fee = self.price(amount)
        allowed = {
            "equal_installment": ("reduce_payment", "shorten_term"),
            "equal_principal": ("reduce_payment", "shorten_term"),
            "interest_only": ("reduce_payment",),
            "balloon": ("reduce_payment",),
        }
        wrong = posting.mode.value not in allowed.get(self.method, ())
        enough = posting.amount_fen + self.suspense >= self.due_sum() + amount + fee
        if wrong or not coming or self.settled_on or not 0 < amount < balance or not enough:
            self.do_payment(posting)
            return
        ahead, row = None, coming[0]
        plain = dict(row, agreed=dict(row["agreed"]))
        if today:
            today[0]["agreed"]["principal"] += amount
            today[0]["agreed"]["fee"] += fee
            today[0]["cleared"] = None
        else:
            days = max(0, (self.today - row["start"]).days)
            row["early_interest"] += self.exact_interest(row["k"], amount, days)
            row["early_principal"] += amount
            row["early_fee"] += fee
            ahead = {"row": row, "principal": amount, "fee": fee}
        if posting.mode.value == "shorten_term":
            kept = self.shorten(balance - amount, plain)
            self.replan(balance - amount, payment=kept, part=kept)
        else:
            self.replan(balance - amount)
        if ahead:
            ahead["row"] = self.coming()[0]
        if self.suspense:
            self.spend_suspense(ahead)
        self.do_payment(posting, ahead)

    def fall_due(self, fee):
        balance, interest, _ = self.rest()
        coming = self.coming()
        for row in self.rows:
            if row["carried"] and row["due"] > self.today:
                row["due"], row["free"] = self.today, self.today - ONE_DAY
        if coming:
            row = coming[0]
            row["agreed"].update(
                principal=balance + row["early_principal"], interest=interest, fee=fee + row["early_fee"]
            )
            row["rate"] = self.new_row(row["k"], row["start"], self.today, 0, 0, 0, 0)["rate"]
            row["start"], row["due"] = min(row["start"], self.today), self.today
            row["free"] = self.today + timedelta(days=self.options.grace_days)
        self.rows = [row for row in self.rows if all(row is not old for old in coming[1:])]
        self.rows.sort(key=lambda row: (row["due"], row["number"]))

    def do_settlement(self, posting):
        balance, interest, _ = self.rest()
        fee = self.price(balance)
        owed = self.due_sum(carried=True) + balance + interest + fee
        if posting.amount_fen + self.suspense >= owed:
            if not self.settled_on:
                self.fall_due(fee)
            if self.suspense:
                self.spend_suspense()
        self.do_payment(posting)

    # 变更

    def do_acceleration(self, posting):
        self.fall_due(0)
        self.last_due = self.today
        if self.suspense:
            self.spend_suspense()

    def do_rate_change(self, posting):
        row = self.coming()[0]
        before = self.rate_at(row["start"], row["start"])
        self.rates = [old for old in self.rates if old[0] != self.today]
        self.rates.append((self.today, Fraction(posting.annual_rate), posting.split))
        same = self.rate_at(row["start"], row["start"]) == before
        payment = row["payment"] if same else None
        self.replan(row["opening"] - row["early_principal"], payment, self.part)

    def do_extension(self, posting):
        row = self.coming()[0]
        self.months += posting.months
        if self.longer:
            self.longer += posting.months
        self.recount()
        self.replan(row["opening"] - row["early_principal"])

    def do_restructure(self, posting):
        _, accrued, _ = self.rest()
        coming = self.coming()
        kept = [row for row in self.rows if all(row is not old for old in coming)]
        number = max([row["number"] for row in kept] + [coming[0]["number"] - 1 if coming else 0])
        principal = sum(self.open(row, "principal") for row in self.rows)
        if coming:
            row = coming[0]
            waived_now = 0 if posting.carry else accrued
            if row["early_principal"] or row["early_fee"] or waived_now:
                number += 1
                row["agreed"].update(
                    principal=row["early_principal"], fee=row["early_fee"], interest=waived_now
                )
                row["due"], row["free"] = self.today, self.today + timedelta(days=self.options.grace_days)
                row["start"] = min(row["start"], self.today)
                kept.append(row)
        carried = {"interest": accrued if posting.carry else 0, "fee": 0, "penalty": 0, "compound": 0}
        for row in kept:
            if row["carried"] and row["due"] > self.today and not posting.carry:
                row["due"], row["free"] = self.today, self.today - ONE_DAY
            for part in carried:
                left = self.open(row, part, max(self.today, row["due"]))
                if posting.carry:
                    carried[part] += left
                    row["agreed"][part] -= left
                else:
                    row["waived"][part] += left
            row["agreed"]["principal"] -= self.open(row, "principal")
        kept = [row for row in kept if not (row["carried"] and row["due"] > self.today)]
        some = any(carried.values())
        self.agree(posting.new_terms, principal, self.today, number + some)
        fresh = self.plan(1, principal)
        if some:
            row = self.new_row(0, fresh[0]["start"], fresh[0]["due"], principal, 0, 0, 0)
            row["agreed"].update(carried)
            row["carried"], row["free"] = True, self.today - ONE_DAY
            kept.append(row)
        self.rows = sorted(kept + fresh, key=lambda row: (row["due"], row["number"]))
        self.last_due = self.rows[-1]["due"]
        balance = sum(row["agreed"]["principal"] for row in self.rows)
        for row in self.rows:
            row["opening"] = balance
            balance -= row["agreed"]["principal"]

    def do_write_off(self, posting):
        self.written_off_on = self.today
        self.written_off = sum(self.open(row, "principal") for row in self.rows)

    # 结果

    def figures(self):
        """Return everything that is compared with the engine."""
        outstanding = sum(self.open(row, "principal") for row in self.rows)
        raw, dpd = self.dpd()
        return {
            "rows": [
                (
                    row["number"], row["start"], row["due"], row["opening"],
                    *(row["agreed"][part] for part in ("principal", "interest", "fee")),
                    *(row["paid"][part] for part in PARTS), *(row["waived"][part] for part in PARTS),
                    *(self.open(row, part) for part in PARTS), row["cleared"],
                )
                for row in self.rows
            ],
            "suspense": self.suspense,
            "received": self.received,
            "refunded": self.refunded,
            "recovered": self.recovered,
            "written_off": self.written_off,
            "outstanding": outstanding,
            "book": 0 if self.written_off_on else outstanding,
            "settled": self.settled_on,
            "last_due": self.last_due,
            "accrued": self.rest()[1],
            "raw_dpd": raw,
            "dpd": dpd,
        }  # fmt: skip


def figures_of(state):
    """Return the same figures of the engine's state."""
    return {
        "rows": [
            (
                row.period, row.installment.start_date, row.due_date, row.installment.opening_fen,
                row.installment.principal_fen, row.installment.interest_fen, row.installment.fee_fen,
                *(getattr(row.paid, part + "_fen") for part in PARTS),
                *(getattr(row.waived, part + "_fen") for part in PARTS),
                *(getattr(row.open, part + "_fen") for part in PARTS), row.cleared_date,
            )
            for row in state.installments
        ],
        "suspense": state.suspense_fen,
        "received": state.received_fen,
        "refunded": state.refunded_fen,
        "recovered": state.recovered_fen,
        "written_off": state.written_off_fen,
        "outstanding": state.outstanding_principal_fen,
        "book": state.book_principal_fen,
        "settled": state.settled_date,
        "last_due": state.last_due_date,
        "accrued": state.accrued_interest_fen,
        "raw_dpd": state.raw_dpd,
        "dpd": state.dpd,
    }  # fmt: skip

(** * The strong form of Theorem 3.3 for tanh and the logistic function over the real
    numbers, given the independence lemma for that function. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp.analysis Require Import reals ereal nsatz_realtype signed topology normedtype landau
  sequences derive realfun exp.
From URNN Require Import Setting TanhAndLogistic RealNumbers Theorem_3_3_Strong.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section StrongReal.
Variable R : realType.

Lemma tanhR_odd (z : R) : tanhR (- z) = 0 - tanhR z.
Proof. by rewrite /tanhR /tanh opprK sub0r -mulNr opprB [X in _ / X]addrC. Qed.

Lemma logisticR_odd (z : R) : logisticR (- z) = 1 - logisticR z.
Proof.
rewrite /logisticR /logistic opprK (eN (@expR_expo R)).
have e0 := e_gt0 (@expR_expo R) z; set u := expR z in e0 *.
by field; rewrite ?gt_eqF ?addr_gt0 ?ltr01.
Qed.

Theorem strong_form_tanhR (M : R) n m p (T : rnn R n m p) :
  independence (@tanhR R) M -> (0 < n)%N -> reduced (@tanhR R) M T ->
  vanishing_powers (trans T) ->
  forall N (T' : rnn R N m p), orthogonal (trans T') -> ~ equivalent (@tanhR R) M T T'.
Proof. exact: strong_form tanhR_odd. Qed.

Theorem strong_form_logisticR (M : R) n m p (T : rnn R n m p) :
  independence (@logisticR R) M -> (0 < n)%N -> reduced (@logisticR R) M T ->
  vanishing_powers (trans T) ->
  forall N (T' : rnn R N m p), orthogonal (trans T') -> ~ equivalent (@logisticR R) M T T'.
Proof. exact: strong_form logisticR_odd. Qed.
End StrongReal.

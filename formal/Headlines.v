(** * The theorems of the paper, in one place.

    Theorem 3.1, Theorem 3.2, 2n exactly, Theorem 3.3: [Check] compares each statement as it
    is written here with the one that was proved. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.analysis Require Import reals.
From URNN Require Import Setting Theorem_3_1 Theorems_3_2_and_3_3.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** Theorem 3.1: every contractive ReLU network has an equivalent orthogonal one, 2n states. *)
Check theorem_3_1 : forall (R : rcfType) (M : R) (n m p : nat) (T : rnn R n m p),
  contraction (trans T) ->
  exists N (T' : rnn R N m p),
    [/\ (N <= 2 * n)%N, orthogonal (trans T') & equivalent (@relu R) M T T'].

(** Theorem 3.2: some contractive ReLU network needs 2n states, whatever the input bound. *)
Check theorem_3_2 : forall (R : realFieldType) n,
  exists T : rnn R n n n, contraction (trans T) /\
  forall M : R, 0 < M -> forall N (T' : rnn R N n n), trans T' \in unitmx ->
    equivalent (@relu R) M T T' -> (2 * n <= N)%N.

(** 2n is attained and cannot be improved. *)
Corollary exactly_2n (R : rcfType) n :
  exists T : rnn R n n n, contraction (trans T) /\ forall M : R, 0 < M ->
    (exists T' : rnn R (2 * n) n n, orthogonal (trans T') /\ equivalent (@relu R) M T T') /\
    (forall N (T' : rnn R N n n), orthogonal (trans T') ->
      equivalent (@relu R) M T T' -> (2 * n <= N)%N).
Proof.
have [T [cT lb]] := theorem_3_2_orthogonal R n; exists T; split=> // M M0.
split; last exact: lb.
have [N [T' [leN oT' eqv]]] := theorem_3_1 M cT.
have N2 : N = (2 * n)%N by apply/eqP; rewrite eqn_leq leN (lb M M0 _ T').
by subst N; exists T'.
Qed.

(** Theorem 3.3: for an activation whose slope is nowhere zero no number of states is enough
    (tanh and the logistic function: RealNumbers.v). *)
Check theorem_3_3 : forall (R : realFieldType) (phi slope : R -> R),
  (forall s, slope s != 0 /\ has_slope phi s (slope s)) ->
  exists T : rnn R 1 1 1, contraction (trans T) /\
  forall M : R, 0 < M -> forall N (T' : rnn R N 1 1), trans T' \in unitmx ->
    ~ equivalent phi M T T'.

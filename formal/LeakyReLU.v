(** * Leaky ReLU: Theorem 3.3 with one kink and slopes that are not zero. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From URNN Require Import Setting FirstOrder DifferentiablePoints Theorems_3_2_and_3_3.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Leaky.
Variables (R : realFieldType) (a : R).
Hypothesis a_neq0 : a != 0.

(** a s + (1 - a) relu s *)
Definition leaky (s : R) : R := a * s + (1 - a) * relu s.
Definition leaky_slope (s : R) : R := if 0 < s then 1 else a.

Lemma id_slope (s : R) : slope0 (fun t => s + t) s 1.
Proof. by apply: slope0_eq (slope0_lin s 1) => // t; rewrite mulr1. Qed.

Theorem theorem_3_3_leaky :
  exists T : rnn R 1 1 1, contraction (trans T) /\
  forall M : R, 0 < M -> forall N (T' : rnn R N 1 1), trans T' \in unitmx ->
    ~ equivalent leaky M T T'.
Proof.
apply: (theorem_3_3_gen (slope := leaky_slope) (reg := fun s => s != 0)).
- move=> s; have c := cont0D (cont0Z a (slope0_cont (id_slope s)))
      (cont0Z (1 - a) (cont0_comp (slope0_cont (id_slope s)) (@relu_cont R s))).
  exact: c.
- move=> s sn0; split; first by rewrite /leaky_slope; case: ifP; rewrite ?oner_eq0.
  have c := slope0D (slope0Z a (id_slope s))
      (slope0Z (1 - a) (slope0_comp (id_slope s) (relu_slope sn0))).
  have h : slope0 (fun t => leaky (s + t)) (leaky s) (leaky_slope s).
    by apply: slope0_eq c => //; rewrite /leaky_slope; case: (0 < s)%R => /=; ring.
  exact: h.
- exact: relu_isolated.
Qed.
End Leaky.

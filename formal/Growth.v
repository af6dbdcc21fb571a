(** * Exponentially growing inputs: units at 0 never react.

    In a homogeneous system with the fewest ReLU units, inputs lam^k a drive every unit by
    lam^k times a constant. A ReLU unit with a constant other than 0 would become the
    identity or stay off, and leave a system with fewer ReLU units. So all constants are 0,
    for every lam > 1 and a: the system is linear. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp.classical Require Import boolp classical_sets functions mathcomp_extra.
From mathcomp.analysis Require Import reals signed topology.
From URNN Require Import Setting Norms Theorem_3_1 Theorem_3_3_Strong UltraLimit UnitKinds
  LateTimes Rotation Settle ClosestState.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Geometric.
Variable R : realType.

Lemma lim_power (mu : R) k : 0 < mu < 1 -> lim (fun j => mu ^+ (j + k)) 0.
Proof.
move=> /andP[m0 m1] e e0; have [L hL] := @powers_vanish R mu e (introT andP (conj (ltW m0) m1)) e0.
apply: ev_imp (ev_ge L) => j Lj; rewrite subr0 ger0_norm ?exprn_ge0 ?(ltW m0) //.
apply: le_trans hL; rewrite -(subnKC (leq_trans Lj (leq_addr k j))) exprD.
by rewrite ler_pimulr ?exprn_ge0 ?(ltW m0) // exprn_ile1 ?(ltW m0) ?(ltW m1).
Qed.

Lemma scE q (a : R) (v : 'cV[R]_q) i j : (a *: v) i j = a * v i j.
Proof. by rewrite mxE. Qed.

Lemma normZ q (a : R) (v : 'cV[R]_q) : 0 <= a -> norm (a *: v) = a * norm v.
Proof. by move=> a0; rewrite /norm sqnormZ sqrtrM ?sqr_ge0 // sqrtr_sqr ger0_norm. Qed.

Lemma vlim_norm q (s : nat -> 'cV[R]_q) v e : vlim s v -> 0 < e -> ev (fun j => norm (s j - v) <= e).
Proof.
move=> h e0; have := lim_sqnorm (vlimD h (vlimN (vlim_const v))).
rewrite subrr sqnorm0 => /(_ (e ^+ 2) (exprn_gt0 _ e0)); apply: ev_imp => j.
by rewrite subr0 ger0_norm ?sqnorm_ge0 // norm_leb // ltW.
Qed.

Lemma geometric q (G : 'cV[R]_q -> 'cV[R]_q) mu (u : nat -> 'cV[R]_q) : 0 < mu < 1 ->
  (forall x y, norm (G x - G y) <= norm (x - y)) ->
  u 0%N = 0 -> (forall k, u k.+1 = G (mu *: u k)) ->
  exists v, [/\ vlim u v, v = G (mu *: v) & norm v <= norm (G 0) / (1 - mu)].
Proof.
move=> /andP[m0 m1] ne u0 uS; have d0 : 0 < 1 - mu by rewrite subr_gt0.
pose B := norm (G 0) / (1 - mu).
have step x : norm x <= B -> norm (G (mu *: x)) <= B.
  move=> xB; rewrite -[G _](subrK (G 0)); apply: le_trans (normvD _ _) _.
  apply: le_trans (ler_add (ne _ _) (lexx _)) _; rewrite subr0 normZ ?(ltW m0) //.
  have -> : B = mu * B + norm (G 0) by rewrite /B; field; rewrite gt_eqF.
  by rewrite ler_add2r ler_wpmul2l // ltW.
have B0 : 0 <= B by rewrite divr_ge0 ?norm_ge0 // ltW.
have bd k : norm (u k) <= B by elim: k => [|k IH]; rewrite ?u0 ?norm0 // uS step.
have [v hv] : exists v : 'cV[R]_q, vlim u v.
  by apply: vlim_ex => i; exists B; apply: evT => k; exact: le_trans (norm_coord _ _) (bd k).
have dec k : norm (u k.+1 - u k) <= mu ^+ (k + 0) * B.
  rewrite addn0; elim: k => [|k IH]; first by rewrite expr0 mul1r u0 subr0.
  rewrite (uS k.+1) [X in _ - X]uS; apply: le_trans (ne _ _) _.
  by rewrite -scalerBr normZ ?(ltW m0) // exprS -mulrA ler_wpmul2l // ltW.
exists v; split=> //; last first.
  rewrite -norm_leb //; apply: (lim_le _ (lim_sqnorm hv) (lim_const _)).
  by apply: evT => j; rewrite norm_leb.
have le e : 0 < e -> norm (v - G (mu *: v)) <= e + e + e.
  move=> e0; have lp := limM (@lim_power mu 0 (introT andP (conj m0 m1))) (lim_const B).
  rewrite mul0r in lp.
  have [k [h1 h2]] := ev_ex (ev_and (vlim_norm hv e0) (lp e e0)).
  have -> : v - G (mu *: v) = (v - u k) + (u k - u k.+1) + (u k.+1 - G (mu *: v)).
    by rewrite !subrKA.
  apply: le_trans (normvD _ _) _; apply: ler_add.
    apply: le_trans (normvD _ _) _; apply: ler_add; first by rewrite -normvN opprB.
    rewrite -normvN opprB; apply: le_trans (dec k) _.
    by apply: le_trans h2; rewrite subr0 ler_norm.
  rewrite uS; apply: le_trans (ne _ _) _; rewrite -scalerBr normZ ?(ltW m0) //.
  by apply: le_trans h1; rewrite ler_pimull ?norm_ge0 // ltW.
apply/eqP; rewrite -subr_eq0; apply/eqP/sqnorm_eq0/eqP; rewrite -sqr_norm sqrf_eq0 eq_le norm_ge0 andbT.
rewrite leNgt; apply/negP => gt.
have e0 : 0 < norm (v - G (mu *: v)) / 4%:R by rewrite divr_gt0 ?ltr0n.
have := le _ e0; move: gt; move: (norm _) => t t0; apply/negP; rewrite -ltNge.
rewrite -subr_gt0; have -> : t - (t / 4%:R + t / 4%:R + t / 4%:R) = t / 4%:R by field.
by rewrite divr_gt0 ?ltr0n.
Qed.
End Geometric.

(** * The true real numbers and their exponential (MathComp Analysis).

    Theorem 3.3 for tanh and for the logistic function as everybody knows them, and their
    equivalence within every epsilon. Only the files over [realType] use axioms: the three
    of MathComp Analysis. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp.classical Require Import boolp classical_sets functions mathcomp_extra.
From mathcomp.analysis Require Import reals ereal nsatz_realtype signed topology normedtype landau
  sequences derive realfun exp.
Import numFieldNormedType.Exports.
From URNN Require Import Setting Norms Theorem_3_1 Theorems_3_2_and_3_3 TanhAndLogistic.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.
Local Open Scope classical_set_scope.

Section Instances.
Variable R : realType.

Lemma expR_ge (t : R) : 1 + t <= expR t.
Proof.
have [t0|t0] := leP 0 t; first exact: expR_ge1Dx.
have [|c /itvP cP] := @MVT R (@expR R) (@expR R) t 0 t0 (fun x _ => is_derive_expR x).
  apply/continuous_subspaceT => x; exact: continuous_expR.
rewrite expR0 sub0r => e1.
have c1 : expR c <= 1 by rewrite -expR0 ler_expR ltW // cP.
have : 1 - expR t <= - t by rewrite e1 ler_pimull // oppr_ge0 ltW.
by rewrite ler_subl_addl -ler_subl_addr opprK.
Qed.

Lemma expR_expo : expo (@expR R).
Proof. by split; [exact: expRD | exact: expR_ge]. Qed.

Definition tanhR : R -> R := TanhAndLogistic.tanh (@expR R).
Definition logisticR : R -> R := TanhAndLogistic.logistic (@expR R).

Theorem theorem_3_3_tanhR :
  exists T : rnn R 1 1 1, contraction (trans T) /\
  forall M : R, 0 < M -> forall N (T' : rnn R N 1 1), trans T' \in unitmx ->
    ~ equivalent tanhR M T T'.
Proof. exact: (theorem_3_3_tanh expR_expo). Qed.

Theorem theorem_3_3_logisticR :
  exists T : rnn R 1 1 1, contraction (trans T) /\
  forall M : R, 0 < M -> forall N (T' : rnn R N 1 1), trans T' \in unitmx ->
    ~ equivalent logisticR M T T'.
Proof. exact: (theorem_3_3_logistic expR_expo). Qed.

Definition eluR : R -> R := TanhAndLogistic.elu (@expR R).

Theorem theorem_3_3_eluR :
  exists T : rnn R 1 1 1, contraction (trans T) /\
  forall M : R, 0 < M -> forall N (T' : rnn R N 1 1), trans T' \in unitmx ->
    ~ equivalent eluR M T T'.
Proof. exact: (theorem_3_3_elu expR_expo). Qed.

(** ... but an orthogonal network with 2n states comes within any eps, for all times. *)
Theorem eps_logisticR (M : R) n m p (T : rnn R n m p) : contraction (trans T) ->
  forall eps, 0 < eps ->
  exists N (T' : rnn R N m p),
    [/\ (N <= 2 * n)%N, orthogonal (trans T') & close logisticR M eps T T'].
Proof.
exact: (eps_equivalence M (logistic_nonexp expR_expo) (logistic_tail expR_expo)).
Qed.

(** [has_slope] is differentiability in the sense of mathcomp-analysis. *)
Lemma has_slope_derive (f : R -> R) x d : has_slope f x d -> is_derive x 1 f d.
Proof.
move=> hs.
have cv : (fun h => h^-1 *: ((f \o shift x) (h *: (1 : R)) - f x)) @ (0 : R)^' --> d.
  apply/cvg_distP => e e0; rewrite !near_simpl.
  have e2 : 0 < e / 2%:R by rewrite divr_gt0 ?ltr0n.
  have [eta eta0 h] := hs _ e2.
  exists eta => //= t /=; rewrite sub0r normrN => te tn0.
  have -> : f (t *: (1 : R) + x) = f (x + t) by rewrite [t *: 1]mulr1 addrC.
  have -> : d - t^-1 *: (f (x + t) - f x) = - (t^-1 * (f (x + t) - f x - d * t)).
    by rewrite [_ *: _]/(_ * _) mulrBr [t^-1 * (d * t)]mulrCA mulVf // mulr1 opprB.
  have t0 : 0 < `|t| by rewrite normr_gt0.
  rewrite normrN normrM normfV mulrC ltr_pdivr_mulr //.
  apply: le_lt_trans (h t (ltW te)) _.
  by rewrite ltr_pmul2r // ltr_pdivr_mulr ?ltr0n // ltr_pmulr // ltr1n.
by apply: DeriveDef; [exact: cvgP cv | exact: cvg_lim cv].
Qed.

Lemma slope_le1_nonexp (f df : R -> R) :
  (forall s, has_slope f s (df s)) -> (forall s, `|df s| <= 1) -> nonexpansive f.
Proof.
move=> hs le1 s t; wlog ts : s t / t < s.
  move=> h; have [/h//|/h|->] := ltgtP t s; last by rewrite !subrr.
  by rewrite distrC [leRHS]distrC.
have [|c _ ->] := @MVT R f df t s ts (fun x _ => has_slope_derive (hs x)).
  apply/continuous_subspaceT => x; have h := has_slope_derive (hs x).
  by apply: differentiable_continuous; apply/derivable1_diffP.
by rewrite normrM ler_pimull.
Qed.

Lemma tanhR_nonexp : nonexpansive tanhR.
Proof.
apply: (slope_le1_nonexp (fun s => (tanh_slope expR_expo s).2)) => s.
rewrite /tanh_deriv; set l := TanhAndLogistic.logistic _ _.
have l0 : 0 < l := logistic_gt0 expR_expo _.
have l1 : l < 1 := logistic_lt1 expR_expo _.
rewrite ger0_norm; last by rewrite !mulr_ge0 ?ler0n ?subr_ge0 // ltW.
rewrite -subr_ge0; have -> : 1 - 4%:R * (l * (1 - l)) = (1 - 2%:R * l) ^+ 2 by ring.
exact: sqr_ge0.
Qed.

Lemma tanhR_tail delta : 0 < delta ->
  exists B, forall z, z <= B -> `|tanhR z - (-1)| <= delta.
Proof.
move=> d0; have d2 : 0 < delta / 2%:R by rewrite divr_gt0 ?ltr0n.
have [B hB] := logistic_tail expR_expo d2.
exists (B / 2%:R) => z zB; have zz : z + z <= B.
  by move: zB; rewrite ler_pdivl_mulr ?ltr0n // mulr_natr mulr2n.
have := hB _ zz; rewrite /tanhR (tanhE expR_expo) opprK subrK subr0 normrM.
by rewrite ger0_norm ?ler0n // ler_pdivl_mulr ?ltr0n // mulrC.
Qed.

Theorem eps_tanhR (M : R) n m p (T : rnn R n m p) : contraction (trans T) ->
  forall eps, 0 < eps ->
  exists N (T' : rnn R N m p),
    [/\ (N <= 2 * n)%N, orthogonal (trans T') & close tanhR M eps T T'].
Proof. exact: (eps_equivalence M tanhR_nonexp tanhR_tail). Qed.
End Instances.

(** * Orbits of an orthogonal matrix: a fixed part, and a part with bounded sums. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp.classical Require Import boolp classical_sets functions mathcomp_extra.
From mathcomp.analysis Require Import reals signed topology.
From URNN Require Import Setting Norms Theorem_3_1 UltraLimit UnitKinds.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Rotation.
Variable R : realType.

Lemma normal_equations N (A : 'M[R]_N) (d : 'cV[R]_N) : exists w, A^T *m (d - A *m w) = 0.
Proof.
have cap : (A^T :&: kermx A)%MS = 0.
  apply/eqP; rewrite -submx0; apply/rV_subP => v; rewrite sub_capmx submx0.
  move=> /andP[/submxP[a vE] /sub_kermxP vA]; apply/eqP; apply: trmx_inj; rewrite trmx0.
  apply: sqnorm_eq0; rewrite sqnormE trmxK {1}vE -mulmxA.
  by rewrite -[A^T *m _]trmxK trmx_mul !trmxK vA trmx0 mulmx0 mxE.
have rk : \rank (A^T *m A) = \rank A.
  by have := mxrank_mul_ker A^T A; rewrite cap mxrank0 addn0 mxrank_tr.
have sub : (A <= A^T *m A)%MS.
  by rewrite -(mxrank_leqif_sup (submxMl A^T A)).2 rk.
have /submxP[w wE] : (d^T *m A <= A^T *m A)%MS by rewrite (submx_trans (submxMl _ _)).
exists w^T; rewrite mulmxBr; apply: trmx_inj; rewrite linearB /= !trmx_mul !trmxK wE trmx0.
by rewrite mulmxA subrr.
Qed.

Lemma rotation_split N (U : 'M[R]_N) (d : 'cV[R]_N) : U^T *m U = 1%:M ->
  exists v w, d = v + (U *m w - w) /\ U *m v = v.
Proof.
move=> oU; have [w h] := normal_equations (U - 1%:M) d.
exists (d - (U - 1%:M) *m w), w; split; first by rewrite mulmxBl mul1mx subrK.
have tE : (U - 1%:M)^T = U^T - 1%:M by rewrite linearB /= trmx1.
set v := d - _ in h *; move: h; rewrite tE mulmxBl mul1mx => /eqP.
rewrite subr_eq0 => /eqP h.
by rewrite -{1}h mulmxA (mulmx1C oU) mul1mx.
Qed.

(** Sequences with bounded sums *)
Definition balanced (e : nat -> R) : Prop := exists B, forall J, `|\sum_(k < J) e k| <= B.

Lemma balanced_ge0 e a : balanced e -> (forall k, 0 <= a + e k) -> 0 <= a.
Proof.
case=> B hB pos; rewrite leNgt; apply/negP => a0.
have B0 : 0 <= B by apply: le_trans (hB 0%N); exact: normr_ge0.
pose J := Num.bound (B / - a).
have lt : B / - a < J%:R by rewrite archi_boundP // divr_ge0 // oppr_ge0 ltW.
have sum : 0 <= J%:R * a + \sum_(k < J) e k.
  have -> : J%:R * a + \sum_(k < J) e k = \sum_(k < J) (a + e k).
    by rewrite big_split /= sumr_const card_ord mulr_natl.
  by apply: sumr_ge0.
move: lt; rewrite ltr_pdivr_mulr ?oppr_gt0 // mulrN => lt.
have := hB J; rewrite ler_norml => /andP[_ hB'].
have := le_trans sum (ler_add (lexx _) hB').
by rewrite leNgt -ltr_subr_addr sub0r ltr_oppr lt.
Qed.

Lemma balanced_eq0 e a : balanced e -> (forall k, a + e k = 0) -> a = 0.
Proof.
move=> be h; apply/eqP; rewrite eq_le; apply/andP; split; last first.
  by apply: (balanced_ge0 be) => k; rewrite h lexx.
rewrite -oppr_ge0; apply: (@balanced_ge0 (fun k => - e k)).
  by case: be => B hB; exists B => J; have := hB J; rewrite -normrN -sumrN.
by move=> k; rewrite -opprD h oppr0.
Qed.

Lemma rotation_balanced N (U : 'M[R]_N) (w : 'cV[R]_N) i : U^T *m U = 1%:M ->
  balanced (fun k => (iter k.+1 (mulmx U) (U *m w - w)) i 0).
Proof.
move=> oU; have nrm J : sqnorm (iter J (mulmx U) (U *m w)) = sqnorm w.
  by elim: J => [|J IH] /=; rewrite sqnorm_orth.
have bd J : `|(iter J (mulmx U) (U *m w)) i 0| <= sqnorm w + 1.
  rewrite -(@ler_pexpn2r _ 2) ?nnegrE ?addr_ge0 ?sqnorm_ge0 ?ler01 //.
  rewrite real_normK ?num_real //; apply: le_trans (sqnorm_ge_coord _ _) _; rewrite nrm.
  have s0 := sqnorm_ge0 w; move: (sqnorm w) s0 => s s0.
  have -> : (s + 1) ^+ 2 = s + (s ^+ 2 + s + 1) by ring.
  by rewrite ler_addl !addr_ge0 ?ler01 // exprn_ge0.
exists ((sqnorm w + 1) + (sqnorm w + 1)) => J.
have it k : iter k.+1 (mulmx U) (U *m w - w)
    = iter k.+1 (mulmx U) (U *m w) - iter k (mulmx U) (U *m w).
  elim: k => [|k IH]; first by rewrite /= mulmxBr.
  by rewrite iterS IH mulmxBr -!iterS.
pose a k := (iter k (mulmx U) (U *m w)) i 0.
have -> : \sum_(k < J) (iter k.+1 (mulmx U) (U *m w - w)) i 0 = a J - a 0%N.
  rewrite (eq_bigr (fun k : 'I_J => a k.+1 - a k)) => [|k _]; last by rewrite it colB.
  elim: J => [|J IH]; first by rewrite big_ord0 subrr.
  by rewrite big_ord_recr IH /= addrC subrKA.
by apply: le_trans (ler_norm_sub _ _) _; apply: ler_add; [exact: bd | exact: (bd 0%N)].
Qed.

(** Monotone sequences *)
Lemma mono_lim (a : nat -> R) B : (forall j, 0 <= a j <= B) -> (forall j, a j.+1 <= a j) ->
  exists l, forall k, lim (fun j => a (j + k)%N) l.
Proof.
move=> bd dec.
have le j k : a (j + k)%N <= a j.
  by elim: k => [|k IH]; rewrite ?addn0 // addnS (le_trans (dec _)).
have [l hl] : exists l, lim a l.
  by apply: lim_ex; exists B; apply: evT => j; have /andP[h1 h2] := bd j; rewrite ger0_norm.
have low j : l <= a j.
  apply: (lim_le _ hl (lim_const (a j))); apply: ev_imp (ev_ge j) => k jk.
  by rewrite -(subnKC jk).
exists l => k e e0; have [j0 hj0] := ev_ex (hl e e0).
apply: ev_imp (ev_ge j0) => j hj.
rewrite ger0_norm ?subr_ge0 ?low //; apply: le_trans (le_trans (ler_norm _) hj0).
by rewrite ler_sub // -(subnKC hj) -addnA.
Qed.

Lemma balanced_vanish e : balanced e -> (forall k, 0 <= e k) -> forall k, lim (fun j => e (j + k)%N) 0.
Proof.
case=> B hB pos k.
pose S j := \sum_(i < j) e i.
have [|j|l hl] := @mono_lim (fun j => B - S j) B.
- move=> j; have := hB j; rewrite ler_norml => /andP[_ h].
  by rewrite subr_ge0 h /= ger_addl oppr_le0 sumr_ge0.
- by rewrite ler_add2l ler_opp2 /S big_ord_recr /= ler_addl.
have a := hl k; have b := hl k.+1.
apply: lim_eq (limD a (limZ (-1) b)) => [j|]; last by rewrite mulN1r subrr.
by rewrite mulN1r /S addnS big_ord_recr /=; ring.
Qed.

Lemma fin_linear (t : R) (b : nat -> R) : fin b -> fin (fun j => j%:R * t + b j) -> t = 0.
Proof.
move=> [B hB] [B' hB']; apply/eqP; apply: contraT => t0.
have tp : 0 < `|t| by rewrite normr_gt0.
have B0 : 0 <= `|B| + `|B'| by rewrite addr_ge0.
pose J := Num.bound ((`|B| + `|B'|) / `|t|).
have lt : (`|B| + `|B'|) / `|t| < J%:R by rewrite archi_boundP // divr_ge0.
have [j [jJ [h h']]] := ev_ex (ev_and (ev_ge J) (ev_and hB hB')).
have : (`|B| + `|B'|) / `|t| < j%:R by apply: lt_le_trans lt _; rewrite ler_nat.
rewrite ltr_pdivr_mulr // => {}lt.
have : j%:R * `|t| <= `|B'| + `|B|.
  have -> : j%:R * `|t| = `|j%:R * t + b j - b j|.
    by rewrite addrK normrM ger0_norm ?ler0n.
  apply: le_trans (ler_norm_sub _ _) _; apply: ler_add.
    exact: le_trans h' (ler_norm _).
  exact: le_trans h (ler_norm _).
by rewrite addrC leNgt lt.
Qed.
End Rotation.

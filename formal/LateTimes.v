(** * Late times: units that grow without bound become the identity or stay off.

    [late_system]: from states g_n whose outputs match small and smaller states h_n, a limit
    system; ReLU units that are unbounded along g_n are ReLU units no more. So with as few
    ReLU units as possible they are bounded ([bounded_units]). *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp.classical Require Import boolp classical_sets functions mathcomp_extra.
From mathcomp.analysis Require Import reals signed topology.
From URNN Require Import Setting Norms Theorem_3_1 UltraLimit UnitKinds.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Late.
Variable R : realType.
Variables (N n m p : nat).
Variables (U : 'M[R]_N) (Fu : 'M[R]_(N, m)) (Cu : 'M[R]_(p, N)).
Variables (W : 'M[R]_n) (F : 'M[R]_(n, m)) (C : 'M[R]_(p, n)).
Hypothesis oU : U^T *m U = 1%:M.
Implicit Types (tau : 'I_N -> kind) (c g v : 'cV[R]_N) (d : nat -> 'cV[R]_m) (h : 'cV[R]_n).
Notation step := (step U Fu).
Notation run := (run U Fu).
Notation eta := (eta W F).
Notation matching := (matching U Fu Cu W F C).
Notation pre_at := (pre_at U Fu).

Lemma finB (s t : nat -> R) : fin s -> fin t -> fin (fun j => s j - t j).
Proof.
move=> hs ht; have [B hB] := finD hs (finZ (-1) ht); exists B; apply: ev_imp hB => j.
by rewrite mulN1r.
Qed.

Lemma fin_eq (s t : nat -> R) : s =1 t -> fin s -> fin t.
Proof. by move=> e [B hB]; exists B; apply: ev_imp hB => j; rewrite e. Qed.

Lemma fin_mulmx q (A : 'M[R]_(q, N)) (s : nat -> 'cV[R]_N) i :
  (forall i, fin (fun j => s j i 0)) -> fin (fun j => (A *m s j) i 0).
Proof.
move=> h; apply: fin_eq (fin_sum (index_enum _) (fun l => finZ (A i l) (h l))) => j.
by rewrite mxE.
Qed.

Lemma ev_big_pos (s t : nat -> R) : (forall B, ev (fun j => B < s j)) -> fin t ->
  ev (fun j => 0 < s j + t j).
Proof.
move=> big [B hB]; apply: ev_imp (ev_and (big B) hB) => j [h1 h2].
rewrite ler_norml in h2; have /andP[h2' _] := h2.
by rewrite -ltr_subl_addr sub0r; apply: le_lt_trans h1; rewrite ler_oppl.
Qed.

Lemma ev_big_neg (s t : nat -> R) : (forall B, ev (fun j => s j < - B)) -> fin t ->
  ev (fun j => s j + t j < 0).
Proof.
move=> big [B hB]; apply: ev_imp (ev_and (big B) hB) => j [h1 h2].
rewrite ler_norml in h2; have /andP[_ h2'] := h2.
by rewrite -ltr_subr_addr sub0r; apply: lt_le_trans h1 _; rewrite ler_oppr opprK.
Qed.

Section Limit.
Variables (tau : 'I_N -> kind) (c : 'cV[R]_N) (r : R) (y0 : 'cV[R]_p).
Variables (gs : nat -> 'cV[R]_N) (hs : nat -> 'cV[R]_n).
Hypothesis mt : forall j, matching tau c r y0 (gs j) (hs j).
Hypothesis h0 : vlim hs 0.
Hypothesis steady : forall i, fin (fun j => (step tau c (gs j) 0 - gs j) i 0).

Let far i := `[<~ fin (fun j => gs j i 0)>].
Let s j : 'cV[R]_N := \col_i (if far i then gs j i 0 else 0).
Let es j := gs j - s j.
Let z j i := pre_at c (gs j) 0 i.
Let b j i := z j i - (U *m es j) i 0.

Let es_fin i : fin (fun j => es j i 0).
Proof.
have [f|f] := boolP (far i).
  by exists 0; apply: evT => j; rewrite /es colB mxE f subrr normr0.
have h : fin (fun j => gs j i 0).
  by apply: contrapT => nf; move/negP: f; apply; apply/asboolP.
by apply: fin_eq h => j; rewrite /es colB mxE (negPf f) subr0.
Qed.

Let Ues_fin i : fin (fun j => (U *m es j) i 0). Proof. exact: fin_mulmx. Qed.

Definition late_kind i : kind :=
  match tau i with
  | None => if far i then Some true else if `[<fin (fun j => z j i)>] then None else Some false
  | t => t
  end.

Let steady' i : fin (fun j => act (tau i) (z j i) - gs j i 0).
Proof. by apply: fin_eq (steady i) => j; rewrite colB stepE. Qed.

Let far_unit i : far i -> tau i <> Some false /\
  (tau i = None -> forall B, ev (fun j => B < z j i)).
Proof.
move=> /asboolP nf; split=> [e|e B].
  apply: nf; have := finZ (-1) (steady' i); apply: fin_eq => j.
  by rewrite e /= sub0r mulN1r opprK.
have [B' hB'] := steady' i.
have big := not_fin nf (`|B| + B').
apply: ev_imp (ev_and big hB') => j [h1]; rewrite e /= => h2.
have : `|B| < relu (z j i).
  have r0 : 0 <= relu (z j i) by case: (relu_cases (z j i)) => -[hz ->] //.
  rewrite -(ltr_add2r B'); apply: lt_le_trans h1 _.
  rewrite -[gs j i 0](subKr (relu (z j i))); apply: le_trans (ler_norm_sub _ _) _.
  by rewrite (ger0_norm r0) ler_add2l.
case: (relu_cases (z j i)) => -[hz ->]; first exact: le_lt_trans (ler_norm _).
by rewrite ltNge normr_ge0.
Qed.

Let q j i : R := if late_kind i is Some false then 0 else b j i - s j i 0.

Let q_fin i : fin (fun j => q j i).
Proof.
have [no|yes] := eqVneq (late_kind i) (Some false).
  by exists 0; apply: evT => j; rewrite /q no normr0.
have qE j : q j i = b j i - s j i 0 by rewrite /q; case: late_kind yes => [[]|].
have key : fin (fun j => z j i - gs j i 0) -> fin (fun j => q j i).
  move=> h; have := finD (finB h (Ues_fin i)) (es_fin i); apply: fin_eq => j.
  have eE : es j i 0 = gs j i 0 - s j i 0 by rewrite colB.
  by rewrite qE /b eE; set u := (U *m es j) i 0; ring.
case e : (tau i) => [[]|].
- by apply: key; apply: fin_eq (steady' i) => j; rewrite e.
- by rewrite /late_kind e in yes.
move: yes; rewrite /late_kind e; have [f _|f] := boolP (far i).
  have [B hB] := steady' i; apply: key; exists B.
  apply: ev_imp (ev_and hB ((far_unit f).2 e 0)) => j [h1 h2].
  by move: h1; rewrite e /=; case: (relu_cases (z j i)) => -[hz ->] //; rewrite ltNge ltW in h2.
case: asboolP => // fz _; apply: fin_eq (finB fz (Ues_fin i)) => j.
by rewrite qE /b [s j i 0]mxE (negPf f) subr0.
Qed.

Lemma late_system : exists c' y0' g', [/\ matching late_kind c' r y0' g' 0,
  forall d k, vlim (fun j => run tau c (gs j) d k - s j) (run late_kind c' g' d k),
  forall i, tau i <> None -> late_kind i = tau i &
  forall i, tau i = None -> ~ fin (fun j => gs j i 0) -> late_kind i <> None].
Proof.
have [g' hg'] := vlim_ex es_fin.
have [c0 hc0] := choice (fun i => lim_ex (q_fin i)).
pose c' : 'cV[R]_N := \col_i c0 i.
have runs d k : vlim (fun j => run tau c (gs j) d k - s j) (run late_kind c' g' d k).
  apply: (run_limit (E := fun j d k => run tau c (gs j) d k - s j)) => // {}k v hv i.
  rewrite stepE /UnitKinds.pre_at.
  pose a j := (U *m (run tau c (gs j) d k - s j) + Fu *m d k) i 0.
  have ha : lim a ((U *m v + Fu *m d k) i 0).
    exact: (vlimD (vlim_mulmx U hv) (vlim_const _)).
  have fa : fin (fun j => a j - (U *m es j) i 0) by apply: finB (lim_fin ha) (Ues_fin i).
  have preE j : pre_at c (run tau c (gs j) d k) (d k) i = a j + b j i.
    rewrite /a /b /z /es /UnitKinds.pre_at mulmx0 addr0 !mulmxBr !(colB, colD).
    ring.
  have preE' j : pre_at c (run tau c (gs j) d k) (d k) i = z j i + (a j - (U *m es j) i 0).
    by rewrite preE /b; ring.
  rewrite [(_ + c') i 0]colD [c' i 0]mxE.
  have sum : late_kind i <> Some false ->
      lim (fun j => a j + b j i - s j i 0) ((U *m v + Fu *m d k) i 0 + c0 i).
    move=> nf; apply: lim_eq (limD ha (hc0 i)) => // j; rewrite /q.
    by case: (late_kind i) nf => [[]|] // _; rewrite addrA.
  rewrite /late_kind in sum *; case e : (tau i) sum => [[]|] sum /=.
  - apply: lim_eq (sum _) => // j; by rewrite colB stepE e /= preE.
  - have nf : ~~ far i by apply/negP => /far_unit[]; rewrite e.
    by apply: lim_eq (lim_const 0) => // j; rewrite colB stepE e /= [s j i 0]mxE (negPf nf) subrr.
  move: sum; have [f|f] := boolP (far i) => sum /=.
    have pos : ev (fun j => 0 < z j i + (a j - (U *m es j) i 0)).
      by apply: ev_big_pos fa; exact: (far_unit f).2.
    apply: lim_ev (sum _) => //; apply: ev_imp pos => j h; rewrite -preE' in h.
    rewrite colB stepE e /= preE.
    by case: (relu_cases (a j + b j i)) => -[hz ->] //; rewrite preE ltNge ltW in h.
  move: sum; case: asboolP => [fz|nfz] sum /=.
    apply: lim_eq (lim_relu (sum _)) => // j.
    by rewrite colB stepE e /= preE [s j i 0]mxE (negPf f) !subr0.
  have neg B : ev (fun j => z j i < - B).
    have [B' hB'] := steady' i.
    have fg : fin (fun j => gs j i 0) by apply: contrapT => nf; move/negP: f; apply; apply/asboolP.
    have fr : fin (fun j => relu (z j i)).
      by apply: fin_eq (finD (steady' i) fg) => j; rewrite e /= subrK.
    have [B2 hB2] := fr.
    apply: ev_imp (ev_and hB2 (not_fin nfz (Num.max B B2))) => j [h1].
    rewrite lt_maxl => /andP[hB hBB2].
    case: (relu_cases (z j i)) => -[hz zE]; rewrite zE in h1.
      by rewrite ltNge h1 in hBB2.
    by rewrite ltr0_norm // in hB; rewrite ltr_oppr.
  apply: lim_ev (lim_const 0); apply: ev_imp (ev_big_neg neg fa) => j h; rewrite -preE' in h.
  rewrite colB stepE e /= [s j i 0]mxE (negPf f) subr0.
  by case: (relu_cases (pre_at c (run tau c (gs j) d k) (d k) i)) => -[hz ->] //; rewrite ltNge hz in h.
pose y0' := - (Cu *m g').
have hy : vlim (fun j => Cu *m s j + y0) y0'.
  have lim0 : vlim (fun j => C *m hs j + - (Cu *m es j)) (C *m 0 - Cu *m g').
    exact: vlimD (vlim_mulmx C h0) (vlimN (vlim_mulmx Cu hg')).
  rewrite /y0' -[- _]add0r -[X in X - _](mulmx0 _ C) => i; apply: lim_eq (lim0 i) => // j.
  have /= mtj := mt j (small0 m r) 0%N.
  by rewrite -mtj /es mulmxBr !(colB, colD); ring.
exists c', y0', g'; split=> //.
- move=> d sd k; have a := vlimD (vlim_mulmx Cu (runs d k)) hy.
  have bb := vlim_mulmx C (vlim_eta W F d k h0).
  apply: vlim_uniq a _ => i; apply: lim_ev (bb i); apply: evT => j.
  by rewrite -mt // mulmxBr addrA subrK.
- by move=> i; rewrite /late_kind; case: (tau i).
- move=> i e nf; rewrite /late_kind e; have -> : far i by apply/asboolP.
  by [].
Qed.
End Limit.
End Late.

(** * Limits of bounded sequences along one ultrafilter.

    Every bounded sequence of reals has a limit along a non-principal ultrafilter on the
    natural numbers, and these limits commute with sums, products and ReLU. They replace
    compactness and subsequences in the proof of Theorem A. Uses the classical axioms of
    MathComp Analysis. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp.classical Require Import boolp classical_sets functions mathcomp_extra.
From mathcomp.analysis Require Import reals signed topology.
From URNN Require Import Setting Norms Theorem_3_1.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** ** "For almost all n" *)
Definition omega : set (set nat) := projT1 (cid (ultraFilterLemma eventually_filter)).

Lemma omega_ultra : UltraFilter omega.
Proof. by have [] := projT2 (cid (ultraFilterLemma eventually_filter)). Qed.

Definition ev (P : nat -> Prop) : Prop := omega P.

Lemma ev_imp (P Q : nat -> Prop) : (forall n, P n -> Q n) -> ev P -> ev Q.
Proof.
have [[_ [_ _ up]] _] := omega_ultra; move=> PQ; exact: (up P Q PQ).
Qed.

Lemma ev_and (P Q : nat -> Prop) : ev P -> ev Q -> ev (fun n => P n /\ Q n).
Proof. have [[_ [_ cap _]] _] := omega_ultra; exact: cap. Qed.

Lemma ev_ge K : ev (fun n => (K <= n)%N).
Proof.
have [_ sub] := projT2 (cid (ultraFilterLemma eventually_filter)); apply: sub.
by exists K.
Qed.

Lemma evT (P : nat -> Prop) : (forall n, P n) -> ev P.
Proof. by move=> h; apply: ev_imp (ev_ge 0) => n _; exact: h. Qed.

Lemma ev_or (P : nat -> Prop) : ev P \/ ev (fun n => ~ P n).
Proof. exact: (in_ultra_setVsetC P omega_ultra). Qed.

Lemma ev_ex (P : nat -> Prop) : ev P -> exists n, P n.
Proof.
have [[no _] _] := omega_ultra; move=> eP; apply: contrapT => h; apply: no.
have e : P = set0 by apply/seteqP; split=> n // Pn; apply: h; exists n.
by move: eP; rewrite /ev e.
Qed.

Lemma ev_seq (I : eqType) (s : seq I) (P : I -> nat -> Prop) :
  (forall i, i \in s -> ev (P i)) -> ev (fun n => forall i, i \in s -> P i n).
Proof.
elim: s => [|i s IH] h; first exact: evT.
have hs : ev (fun n => forall j, j \in s -> P j n).
  by apply: IH => j js; apply: h; rewrite in_cons js orbT.
have hi : ev (P i) by apply: h; rewrite mem_head.
apply: ev_imp (ev_and hi hs) => n [Pi Ps] j.
by rewrite in_cons => /predU1P[->|/Ps].
Qed.

Lemma ev_fin (I : finType) (P : I -> nat -> Prop) :
  (forall i, ev (P i)) -> ev (fun n => forall i, P i n).
Proof.
move=> h; apply: ev_imp (ev_seq (s := enum I) (fun i _ => h i)) => n Ps i.
by apply: Ps; rewrite mem_enum.
Qed.

Section Limit.
Variable R : realType.
Implicit Types (s t : nat -> R) (a b e : R).

Definition lim s a : Prop := forall e, 0 < e -> ev (fun n => `|s n - a| <= e).
Definition fin s : Prop := exists B, ev (fun n => `|s n| <= B).

Lemma lim_ex s : fin s -> exists a, lim s a.
Proof.
case=> B hB; pose E : set R := [set x | ev (fun n => x <= s n)]%classic.
have E0 : (E !=set0)%classic.
  by exists (- B); apply: ev_imp hB => n; rewrite ler_norml => /andP[].
have ub : ubound E (B + 1).
  move=> x Ex; have [n [xs]] := ev_ex (ev_and Ex hB); rewrite ler_norml => /andP[_ sB].
  by apply: le_trans xs (le_trans sB _); rewrite ler_addl ler01.
have hs : has_sup E by split=> //; exists (B + 1).
exists (sup E) => e e0; have [x Ex lt] := sup_adherent e0 hs.
have up : ev (fun n => s n <= sup E + e).
  have [//|no] := ev_or (fun n => s n <= sup E + e).
  have Ee : E (sup E + e) by apply: ev_imp no => n /negP; rewrite -ltNge => /ltW.
  by have := sup_upper_bound hs Ee; rewrite ger_addl leNgt e0.
apply: ev_imp (ev_and Ex up) => n [lo hi].
rewrite ler_distl hi andbT; exact: le_trans (ltW lt) lo.
Qed.

Lemma lim_const a : lim (fun=> a) a.
Proof. by move=> e e0; apply: evT => n; rewrite subrr normr0 ltW. Qed.

Lemma lim_ev s t a : ev (fun n => s n = t n) -> lim s a -> lim t a.
Proof. by move=> st h e e0; apply: ev_imp (ev_and st (h e e0)) => n [<-]. Qed.

Lemma lim_eq s t a b : s =1 t -> a = b -> lim s a -> lim t b.
Proof. by move=> st <-; apply: lim_ev; apply: evT. Qed.

Lemma limD s t a b : lim s a -> lim t b -> lim (fun n => s n + t n) (a + b).
Proof.
move=> hs ht e e0; have e2 : 0 < e / 2%:R by rewrite divr_gt0 ?ltr0n.
apply: ev_imp (ev_and (hs _ e2) (ht _ e2)) => n [h1 h2].
rewrite opprD addrACA; apply: le_trans (ler_norm_add _ _) _.
have -> : e = e / 2%:R + e / 2%:R by field.
exact: ler_add.
Qed.

Lemma lim_fin s a : lim s a -> fin s.
Proof.
move=> /(_ 1 ltr01) h; exists (`|a| + 1); apply: ev_imp h => n h.
rewrite -[s n](subrK a) addrC; apply: le_trans (ler_norm_add _ _) _.
by rewrite ler_add2l.
Qed.

Lemma limM s t a b : lim s a -> lim t b -> lim (fun n => s n * t n) (a * b).
Proof.
move=> hs ht e e0; have [B hB] := lim_fin ht.
pose K := `|B| + `|a| + 1.
have K0 : 0 < K by rewrite ltr_paddl ?ltr01 // addr_ge0.
have e1 : 0 < e / K / 2%:R by rewrite !divr_gt0 ?ltr0n.
apply: ev_imp (ev_and hB (ev_and (hs _ e1) (ht _ e1))) => n [h0 [h1 h2]].
have -> : s n * t n - a * b = (s n - a) * t n + a * (t n - b) by ring.
apply: le_trans (ler_norm_add _ _) _; rewrite !normrM.
have -> : e = e / K / 2%:R * K + K * (e / K / 2%:R) by field; rewrite gt_eqF.
have BK : `|t n| <= K.
  apply: le_trans h0 (le_trans (ler_norm _) _).
  by rewrite /K -addrA ler_addl addr_ge0 ?ler01.
have aK : `|a| <= K by rewrite /K addrAC ler_addr addr_ge0 ?ler01.
by apply: ler_add; apply: ler_pmul.
Qed.

Lemma limZ c s a : lim s a -> lim (fun n => c * s n) (c * a).
Proof. exact: limM (lim_const c). Qed.

Lemma lim_sum (I : Type) (r : seq I) (s : I -> nat -> R) (a : I -> R) :
  (forall i, lim (s i) (a i)) -> lim (fun n => \sum_(i <- r) s i n) (\sum_(i <- r) a i).
Proof.
move=> h; elim: r => [|i r IH].
  by apply: lim_eq (lim_const 0) => [n|]; rewrite big_nil.
by apply: lim_eq (limD (h i) IH) => [n|]; rewrite big_cons.
Qed.

Lemma lim_le s t a b : ev (fun n => s n <= t n) -> lim s a -> lim t b -> a <= b.
Proof.
move=> st hs ht; rewrite leNgt; apply/negP => ba.
have e0 : 0 < (a - b) / 3%:R by rewrite divr_gt0 ?subr_gt0 ?ltr0n.
have [n [le []]] := ev_ex (ev_and st (ev_and (hs _ e0) (ht _ e0))).
rewrite !ler_distl => /andP[h1 _] /andP[_ h2].
have := le_trans h1 (le_trans le h2); apply/negP; rewrite -ltNge -subr_gt0.
have -> : a - (a - b) / 3%:R - (b + (a - b) / 3%:R) = (a - b) / 3%:R by field.
exact: e0.
Qed.

Lemma lim_uniq s a b : lim s a -> lim s b -> a = b.
Proof.
move=> ha hb; apply/eqP; rewrite eq_le.
by rewrite (lim_le (evT (fun n => lexx (s n))) ha hb) (lim_le (evT (fun n => lexx (s n))) hb ha).
Qed.

Lemma lim_relu s a : lim s a -> lim (fun n => relu (s n)) (relu a).
Proof.
move=> h e e0; apply: ev_imp (h e e0) => n; apply: le_trans.
by rewrite relu_nonexp.
Qed.

Lemma lim_norm s a : lim s a -> lim (fun n => `|s n|) `|a|.
Proof.
by move=> h e e0; apply: ev_imp (h e e0) => n; apply: le_trans; exact: ler_dist_dist.
Qed.

Lemma not_fin s : ~ fin s -> forall B, ev (fun n => B < `|s n|).
Proof.
move=> no B; have [h|h] := ev_or (fun n => `|s n| <= B); first by case: no; exists B.
by apply: ev_imp h => n /negP; rewrite -ltNge.
Qed.

Lemma finD s t : fin s -> fin t -> fin (fun n => s n + t n).
Proof.
case=> [B hB] [B' hB']; exists (B + B'); apply: ev_imp (ev_and hB hB') => n [h h'].
by apply: le_trans (ler_norm_add _ _) _; apply: ler_add.
Qed.

Lemma finZ c s : fin s -> fin (fun n => c * s n).
Proof.
case=> [B hB]; exists (`|c| * B); apply: ev_imp hB => n h.
by rewrite normrM ler_wpmul2l.
Qed.

Lemma fin_sum (I : Type) (r : seq I) (s : I -> nat -> R) :
  (forall i, fin (s i)) -> fin (fun n => \sum_(i <- r) s i n).
Proof.
move=> h; elim: r => [|i r IH].
  by exists 0; apply: evT => n; rewrite big_nil normr0.
have [B hB] := finD (h i) IH; exists B; apply: ev_imp hB => n.
by rewrite big_cons.
Qed.

(** Vectors *)
Section Vectors.
Implicit Types m n : nat.
Definition vlim n (s : nat -> 'cV[R]_n) (a : 'cV[R]_n) : Prop :=
  forall i, lim (fun k => s k i 0) (a i 0).

Lemma vlim_ex n (s : nat -> 'cV[R]_n) : (forall i, fin (fun k => s k i 0)) -> exists a : 'cV[R]_n, vlim s a.
Proof.
move=> h; have [a ha] := choice (fun i => lim_ex (h i)).
by exists (\col_i a i) => i; rewrite mxE.
Qed.

Lemma vlim_const n (a : 'cV[R]_n) : vlim (fun=> a) a. Proof. by move=> i; exact: lim_const. Qed.

Lemma vlimD n (s t : nat -> 'cV[R]_n) (a b : 'cV[R]_n) : vlim s a -> vlim t b ->
  vlim (fun k => s k + t k) (a + b).
Proof.
by move=> hs ht i; apply: lim_eq (limD (hs i) (ht i)) => [k|]; rewrite mxE.
Qed.

Lemma vlim_mulmx m n (A : 'M[R]_(m, n)) (s : nat -> 'cV[R]_n) (a : 'cV[R]_n) : vlim s a ->
  vlim (fun k => A *m s k) (A *m a).
Proof.
move=> hs i; apply: lim_eq (lim_sum _ (fun j => limZ (A i j) (hs j))) => [k|];
  by rewrite mxE.
Qed.

Lemma vlimN n (s : nat -> 'cV[R]_n) (a : 'cV[R]_n) : vlim s a -> vlim (fun k => - s k) (- a).
Proof.
move=> hs i; apply: lim_eq (limZ (-1) (hs i)) => [k|]; by rewrite mxE mulN1r.
Qed.

Lemma vlim_uniq n (s : nat -> 'cV[R]_n) (a b : 'cV[R]_n) : vlim s a -> vlim s b -> a = b.
Proof. by move=> ha hb; apply/colP=> i; exact: lim_uniq (ha i) (hb i). Qed.

Lemma lim_sqnorm n (s : nat -> 'cV[R]_n) (a : 'cV[R]_n) : vlim s a ->
  lim (fun k => sqnorm (s k)) (sqnorm a).
Proof. by move=> h; apply: lim_sum => i; apply: lim_eq (limM (h i) (h i)). Qed.

Lemma fin_sqnorm n (s : nat -> 'cV[R]_n) : fin (fun k => sqnorm (s k)) ->
  forall i, fin (fun k => s k i 0).
Proof.
case=> B hB i; exists (B + 1); apply: ev_imp hB => k; rewrite ger0_norm ?sqnorm_ge0 // => h.
have B0 : 0 <= B by exact: le_trans (sqnorm_ge0 _) h.
rewrite -(@ler_pexpn2r _ 2) ?nnegrE ?addr_ge0 ?ler01 // real_normK ?num_real //.
apply: le_trans (le_trans (sqnorm_ge_coord _ i) h) _.
have -> : (B + 1) ^+ 2 = B + (B ^+ 2 + B + 1) by ring.
by rewrite ler_addl !addr_ge0 ?ler01 // exprn_ge0.
Qed.
End Vectors.
End Limit.

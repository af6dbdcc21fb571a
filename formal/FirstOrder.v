(** * First-order expansions f t = a + d t + o(t) at 0, over any ordered field.

    Continuity and slopes at 0, sums, products by constants, composition, uniqueness. No
    completeness is used, so every theorem that rests on this holds over the rationals too. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From URNN Require Import Setting.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Near.
Variable R : realFieldType.
Implicit Types (P Q : R -> Prop) (f g : R -> R) (a b c d e s t : R).

(** "P holds for all t close enough to 0" *)
Definition near0 P : Prop := exists2 e, 0 < e & forall t, `|t| <= e -> P t.

Lemma near0T P : (forall t, P t) -> near0 P. Proof. by exists 1; rewrite ?ltr01. Qed.

Lemma near0_imp P Q : (forall t, P t -> Q t) -> near0 P -> near0 Q.
Proof. by move=> PQ [e e0 Pe]; exists e => // t te; apply/PQ/Pe. Qed.

Lemma near0_and P Q : near0 P -> near0 Q -> near0 (fun t => P t /\ Q t).
Proof.
move=> [e e0 Pe] [d d0 Qd]; exists (Num.min e d); first by rewrite lt_minr e0.
by move=> t; rewrite le_minr => /andP[te td]; split; [apply: Pe | apply: Qd].
Qed.

Lemma near0_seq (T : eqType) (s : seq T) (P : T -> R -> Prop) :
  (forall x, x \in s -> near0 (P x)) -> near0 (fun t => forall x, x \in s -> P x t).
Proof.
elim: s => [|x s IH] h; first exact: near0T.
have hx : near0 (P x) by apply: h; rewrite mem_head.
have hs : near0 (fun t => forall x, x \in s -> P x t).
  by apply: IH => y ys; apply: h; rewrite in_cons ys orbT.
apply: near0_imp (near0_and hx hs) => t [Px Ps] y.
by rewrite in_cons => /predU1P[->|/Ps].
Qed.

Lemma near0_fin (T : finType) (P : T -> R -> Prop) :
  (forall x, near0 (P x)) -> near0 (fun t => forall x, P x t).
Proof.
move=> h; apply: near0_imp (near0_seq (s := enum T) (fun x _ => h x)) => t Ps x.
by apply: Ps; rewrite mem_enum.
Qed.

Lemma near0_at0 P : near0 P -> P 0.
Proof. by case=> e e0; apply; rewrite normr0 ltW. Qed.

Lemma near0_pick P : near0 P -> exists2 t, 0 < t & P t.
Proof. by case=> e e0 Pe; exists e => //; apply: Pe; rewrite gtr0_norm. Qed.

(** Continuity at 0 *)
Definition cont0 f a : Prop := forall e, 0 < e -> near0 (fun t => `|f t - a| <= e).

(** f t = a + d t + o(t) *)
Definition slope0 f a d : Prop :=
  forall e, 0 < e -> near0 (fun t => `|f t - a - d * t| <= e * `|t|).

Lemma slope0_eq f a d g b e : f =1 g -> a = b -> d = e -> slope0 f a d -> slope0 g b e.
Proof. by move=> fg <- <- h eps e0; apply: near0_imp (h _ e0) => t; rewrite fg. Qed.

Lemma slope0_near f g a d : near0 (fun t => f t = g t) -> slope0 f a d -> slope0 g a d.
Proof.
by move=> fg h eps e0; apply: near0_imp (near0_and fg (h _ e0)) => t [->].
Qed.

Lemma slope0_lin a d : slope0 (fun t => a + t * d) a d.
Proof.
move=> eps e0; apply: near0T => t.
have -> : a + t * d - a - d * t = 0 by ring.
by rewrite normr0 mulr_ge0 // ltW.
Qed.

Lemma slope0_const a : slope0 (fun=> a) a 0.
Proof. by apply: slope0_eq (slope0_lin a 0) => // t; rewrite mulr0 addr0. Qed.

Lemma slope0D f g a b d e :
  slope0 f a d -> slope0 g b e -> slope0 (fun t => f t + g t) (a + b) (d + e).
Proof.
move=> hf hg eps e0; have e2 : 0 < eps / 2%:R by rewrite divr_gt0 ?ltr0n.
apply: near0_imp (near0_and (hf _ e2) (hg _ e2)) => t [ft gt].
have -> : f t + g t - (a + b) - (d + e) * t = (f t - a - d * t) + (g t - b - e * t) by ring.
have -> : eps * `|t| = eps / 2%:R * `|t| + eps / 2%:R * `|t|.
  by field.
by apply: le_trans (ler_norm_add _ _) _; apply: ler_add.
Qed.

Lemma slope0Z c f a d : slope0 f a d -> slope0 (fun t => c * f t) (c * a) (c * d).
Proof.
move=> hf eps e0; have c1 : 0 < `|c| + 1 by rewrite ltr_paddl ?normr_ge0 ?ltr01.
have e1 : 0 < eps / (`|c| + 1) by rewrite divr_gt0.
apply: near0_imp (hf _ e1) => t ft.
have -> : c * f t - c * a - c * d * t = c * (f t - a - d * t) by ring.
rewrite normrM; apply: le_trans (_ : (`|c| + 1) * `|f t - a - d * t| <= _).
  by rewrite ler_wpmul2r // ler_addl ler01.
apply: le_trans (ler_wpmul2l (ltW c1) ft) _.
by rewrite mulrA [(_ + 1) * _]mulrC divfK ?gt_eqF.
Qed.

Lemma slope0_sum (I : Type) (r : seq I) (f : I -> R -> R) (a d : I -> R) :
  (forall i, slope0 (f i) (a i) (d i)) ->
  slope0 (fun t => \sum_(i <- r) f i t) (\sum_(i <- r) a i) (\sum_(i <- r) d i).
Proof.
move=> h; elim: r => [|i r IH].
  by rewrite !big_nil; apply: slope0_eq (slope0_const 0) => // t; rewrite big_nil.
by rewrite !big_cons; apply: slope0_eq (slope0D (h i) IH) => // t; rewrite big_cons.
Qed.

Lemma slope0_bound f a d : slope0 f a d ->
  near0 (fun t => `|f t - a| <= (`|d| + 1) * `|t|).
Proof.
move=> h; apply: near0_imp (h _ ltr01) => t; rewrite mul1r => ft.
rewrite -[f t - a](subrK (d * t)) mulrDl mul1r addrC -normrM.
by apply: le_trans (ler_norm_add _ _) _; rewrite ler_add2l.
Qed.

Lemma slope0_cont f a d : slope0 f a d -> cont0 f a.
Proof.
move=> /slope0_bound h e e0; have d1 : 0 < `|d| + 1 by rewrite ltr_paddl ?ltr01.
have small : near0 (fun t => (`|d| + 1) * `|t| <= e).
  exists (e / (`|d| + 1)); first by rewrite divr_gt0.
  by move=> t; rewrite ler_pdivl_mulr // mulrC.
by apply: near0_imp (near0_and h small) => t [/le_trans]; apply.
Qed.

Lemma slope0_uniq f a d b e : slope0 f a d -> slope0 f b e -> a = b /\ d = e.
Proof.
move=> hd he.
have ab : a = b.
  have := near0_at0 (hd _ ltr01); have := near0_at0 (he _ ltr01).
  rewrite !mulr0 !subr0 normr0 !mulr0 !normr_le0 !subr_eq0 => /eqP <-.
  by rewrite eq_sym => /eqP.
split=> //; subst b; apply/eqP; rewrite -subr_eq0; apply: contraT => de.
have p : 0 < `|d - e| / 3%:R by rewrite divr_gt0 ?normr_gt0 ?ltr0n.
have [t t0 [ht1 ht2]] := near0_pick (near0_and (hd _ p) (he _ p)).
have : `|(d - e) * t| <= `|d - e| / 3%:R * `|t| + `|d - e| / 3%:R * `|t|.
  have -> : (d - e) * t = (f t - a - e * t) - (f t - a - d * t) by ring.
  by apply: le_trans (ler_norm_sub _ _) _; apply: ler_add.
rewrite normrM -mulrDl ler_pmul2r ?normr_gt0 ?gt_eqF //.
have -> : `|d - e| / 3%:R + `|d - e| / 3%:R = `|d - e| * (2%:R / 3%:R).
  by field.
rewrite -[X in X <= _]mulr1 ler_pmul2l ?normr_gt0 // ler_pdivl_mulr ?ltr0n //.
by rewrite mul1r ler_nat.
Qed.

(** Chain rule: [has_slope phi s d] is  phi (s + t) = phi s + d t + o(t). *)
Lemma slope0_comp phi f a d c : slope0 f a d -> has_slope phi a c ->
  slope0 (fun t => phi (f t)) (phi a) (c * d).
Proof.
move=> hf hphi e e0.
pose B := `|d| + 1; have B0 : 0 < B by rewrite ltr_paddl ?ltr01.
have e1 : 0 < e / 2%:R / B by rewrite !divr_gt0 ?ltr0n.
have c1 : 0 < `|c| + 1 by rewrite ltr_paddl ?ltr01.
have e2 : 0 < e / 2%:R / (`|c| + 1) by rewrite !divr_gt0 ?ltr0n.
have [eta eta0 hp] := hphi _ e1.
have := near0_and (slope0_bound hf) (near0_and (slope0_cont hf eta0) (hf _ e2)).
apply: near0_imp => t [bt [ct ft]].
have := hp (f t - a) ct; rewrite [a + _]addrC subrK => h1.
have -> : phi (f t) - phi a - c * d * t
   = (phi (f t) - phi a - c * (f t - a)) + c * (f t - a - d * t) by ring.
apply: le_trans (ler_norm_add _ _) _.
have -> : e * `|t| = e / 2%:R * `|t| + e / 2%:R * `|t| by field.
apply: ler_add.
  apply: le_trans h1 _; apply: le_trans (ler_wpmul2l (ltW e1) bt) _.
  by rewrite -/B mulrA divfK // gt_eqF.
rewrite normrM; apply: le_trans (_ : (`|c| + 1) * `|f t - a - d * t| <= _).
  by rewrite ler_wpmul2r // ler_addl ler01.
apply: le_trans (ler_wpmul2l (ltW c1) ft) _.
by rewrite mulrA [(_ + 1) * _]mulrC divfK ?gt_eqF.
Qed.

Lemma cont0_eq f g a b : f =1 g -> a = b -> cont0 f a -> cont0 g b.
Proof. by move=> fg <- h eps e0; apply: near0_imp (h _ e0) => t; rewrite fg. Qed.

Lemma cont0D f g a b : cont0 f a -> cont0 g b -> cont0 (fun t => f t + g t) (a + b).
Proof.
move=> hf hg eps e0; have e2 : 0 < eps / 2%:R by rewrite divr_gt0 ?ltr0n.
apply: near0_imp (near0_and (hf _ e2) (hg _ e2)) => t [ft gt].
rewrite opprD addrACA; apply: le_trans (ler_norm_add _ _) _.
have -> : eps = eps / 2%:R + eps / 2%:R by field.
exact: ler_add.
Qed.

Lemma cont0Z c f a : cont0 f a -> cont0 (fun t => c * f t) (c * a).
Proof.
move=> hf eps e0; have c1 : 0 < `|c| + 1 by rewrite ltr_paddl ?normr_ge0 ?ltr01.
have e1 : 0 < eps / (`|c| + 1) by rewrite divr_gt0.
apply: near0_imp (hf _ e1) => t ft.
rewrite -mulrBr normrM; apply: le_trans (_ : (`|c| + 1) * `|f t - a| <= _).
  by rewrite ler_wpmul2r // ler_addl ler01.
apply: le_trans (ler_wpmul2l (ltW c1) ft) _.
by rewrite [(_ + 1) * _]mulrC divfK ?gt_eqF.
Qed.

Lemma cont0_sum (I : Type) (r : seq I) (f : I -> R -> R) (a : I -> R) :
  (forall i, cont0 (f i) (a i)) ->
  cont0 (fun t => \sum_(i <- r) f i t) (\sum_(i <- r) a i).
Proof.
move=> h; elim: r => [|i r IH].
  rewrite big_nil; apply: cont0_eq (slope0_cont (slope0_const 0)) => // t.
  by rewrite big_nil.
by rewrite big_cons; apply: cont0_eq (cont0D (h i) IH) => // t; rewrite big_cons.
Qed.

Lemma cont0_comp phi f a : cont0 f a -> continuous_at phi a ->
  cont0 (fun t => phi (f t)) (phi a).
Proof.
move=> hf hphi e e0; have [eta eta0 hp] := hphi e e0.
apply: near0_imp (hf _ eta0) => t ft.
by have := hp _ ft; rewrite [a + _]addrC subrK.
Qed.

Lemma cont0_gt f a b : cont0 f a -> b < a -> near0 (fun t => b < f t).
Proof.
move=> h ba; have e0 : 0 < (a - b) / 2%:R by rewrite divr_gt0 ?subr_gt0 ?ltr0n.
apply: near0_imp (h _ e0) => t; rewrite ler_distl => /andP[le _].
apply: lt_le_trans le; rewrite -subr_gt0.
have -> : a - (a - b) / 2%:R - b = (a - b) / 2%:R by field.
exact: e0.
Qed.

End Near.

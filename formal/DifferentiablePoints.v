(** * In every box of inputs a network is differentiable somewhere.

    For an activation that is continuous everywhere and has a slope off isolated points,
    every box of inputs holds a point at which the states up to time K have slopes in all
    directions (take a point where as many preactivations as possible are regular, and stay
    so nearby). No completeness of the field is used. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From URNN Require Import Setting FirstOrder DimensionCount.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Linearise.
Variable R : realFieldType.
Variables (phi slope : R -> R) (reg : pred R).
Hypothesis phi_cont : forall s, continuous_at phi s.
Hypothesis reg_slope : forall s, reg s -> has_slope phi s (slope s).
Hypothesis isolated :
  forall s, exists2 g, 0 < g & forall t, `|t| <= g -> t != 0 -> reg (s + t).

Lemma reg_open s : reg s -> exists2 g, 0 < g & forall t, `|t| <= g -> reg (s + t).
Proof.
move=> rs; have [g g0 h] := isolated s; exists g => // t tg.
by have [->|tn0] := eqVneq t 0; [rewrite addr0 | apply: h].
Qed.

Variables (N m p : nat) (T : rnn R N m p) (K : nat).
Implicit Types (x d : inputs R m) (k : nat) (i : 'I_N).

Definition prev x k := if k is k'.+1 then state phi T x k' else init T.
Definition pre x k : 'cV[R]_N := trans T *m prev x k + inw T *m x k + bias T.

Lemma preE x k i :
  pre x k i 0 = (trans T *m prev x k) i 0 + (inw T *m x k) i 0 + bias T i 0.
Proof. by rewrite /pre mxE [X in X + _]mxE. Qed.

Lemma stateE x k : state phi T x k = map_mx phi (pre x k). Proof. by case: k. Qed.
Lemma stateEi x k i : state phi T x k i 0 = phi (pre x k i 0).
Proof. by rewrite stateE mxE. Qed.

Definition shift x d t : inputs R m := fun k => x k + t *: d k.
Definition supp d : Prop := forall k, (K < k)%N -> d k = 0.

Lemma mulmx_cont n1 n2 (A : 'M[R]_(n1, n2)) (h : R -> 'cV[R]_n2) (a : 'cV_n2) :
  (forall j, cont0 (fun t => h t j 0) (a j 0)) ->
  forall i : 'I_n1, cont0 (fun t => (A *m h t) i 0) ((A *m a) i 0).
Proof.
move=> hc i; rewrite mxE; apply: cont0_eq (cont0_sum _ (fun j => cont0Z (A i j) (hc j))) => //.
by move=> t; rewrite mxE.
Qed.

Lemma mulmx_slope n1 n2 (A : 'M[R]_(n1, n2)) (h : R -> 'cV[R]_n2) (a v : 'cV_n2) :
  (forall j, slope0 (fun t => h t j 0) (a j 0) (v j 0)) ->
  forall i : 'I_n1, slope0 (fun t => (A *m h t) i 0) ((A *m a) i 0) ((A *m v) i 0).
Proof.
move=> hc i; rewrite mxE [(A *m v) i 0]mxE.
apply: slope0_eq (slope0_sum _ (fun j => slope0Z (A i j) (hc j))) => //.
by move=> t; rewrite mxE.
Qed.

Lemma shift_slope x d k (j : 'I_m) :
  slope0 (fun t => shift x d t k j 0) (x k j 0) (d k j 0).
Proof. by apply: slope0_eq (slope0_lin _ _) => // t; rewrite !mxE. Qed.

Lemma pre_cont x d k i : cont0 (fun t => pre (shift x d t) k i 0) (pre x k i 0).
Proof.
have step k' : (forall j, cont0 (fun t => prev (shift x d t) k' j 0) (prev x k' j 0)) ->
   forall j, cont0 (fun t => pre (shift x d t) k' j 0) (pre x k' j 0).
  move=> hp j.
  have hx l : cont0 (fun t => shift x d t k' l 0) (x k' l 0) := slope0_cont (shift_slope x d k' l).
  have c := cont0D (cont0D (mulmx_cont (trans T) hp j) (mulmx_cont (inw T) hx j))
                   (slope0_cont (slope0_const (bias T j 0))).
  by apply: cont0_eq c => [t|]; rewrite preE.
elim: k i => [|k IH] i; apply: step => j; first exact: (slope0_cont (slope0_const _)).
by apply: cont0_eq (cont0_comp (IH j) (phi_cont _)) => [t|]; rewrite /prev stateEi.
Qed.

(** The set of (time, unit) whose preactivation is a regular point. *)
Definition pat x : {set 'I_K.+1 * 'I_N} := [set ki | reg (pre x (val ki.1) ki.2 0)].

(** Open box of inputs. *)
Variables (lo hi : nat -> 'I_m -> R).
Definition box x : Prop := forall k j, lo k j < x k j 0 < hi k j.

Lemma box_near x d : box x -> supp d -> near0 (fun t => box (shift x d t)).
Proof.
move=> bx sd.
have h (kj : 'I_K.+1 * 'I_m) : near0 (fun t => lo (val kj.1) kj.2 < shift x d t (val kj.1) kj.2 0 < hi (val kj.1) kj.2).
  have /andP[l u] := bx (val kj.1) kj.2.
  have c := slope0_cont (shift_slope x d (val kj.1) kj.2).
  have c' := cont0Z (-1) c.
  have u' : - hi (val kj.1) kj.2 < -1 * x (val kj.1) kj.2 0 by rewrite mulN1r ltr_opp2.
  apply: near0_imp (near0_and (cont0_gt c l) (cont0_gt c' u')) => t [-> /=].
  by rewrite mulN1r ltr_opp2.
apply: near0_imp (near0_fin h) => t ht k j.
have [kK|Kk] := leqP k K; first by have := ht (inord k, j); rewrite /= inordK.
by rewrite /shift sd // scaler0 addr0.
Qed.

Definition stable x : Prop := forall d, supp d -> near0 (fun t => pat (shift x d t) = pat x).

Lemma pat_near x d : near0 (fun t => pat x \subset pat (shift x d t)).
Proof.
have h (ki : 'I_K.+1 * 'I_N) :
    near0 (fun t => ki \in pat x -> ki \in pat (shift x d t)).
  have [kp|] := boolP (ki \in pat x); last by move=> _; apply: near0T.
  move: kp; rewrite inE => /reg_open[g g0 hg].
  apply: near0_imp (pre_cont x d (val ki.1) ki.2 g0) => t ht _.
  by rewrite inE; have := hg _ ht; rewrite addrC subrK.
by apply: near0_imp (near0_fin h) => t ht; apply/subsetP => ki; apply: ht.
Qed.

Lemma stable_point x :
  (forall x', box x' -> stable x' -> False) -> box x -> False.
Proof.
move=> hP; have [c] := ubnP (K.+1 * N - #|pat x|); elim: c x => // c IH x.
rewrite ltnS => le bx; apply: (hP x bx) => d sd.
apply: near0_imp (near0_and (box_near bx sd) (pat_near x d)) => t [bt st].
apply/eqP; rewrite eq_sym; apply: contraT => ne; exfalso.
apply: (IH (shift x d t)) => //; apply: leq_trans le.
have lt : (#|pat x| < #|pat (shift x d t)|)%N.
  by apply: proper_card; rewrite properEneq ne.
apply: ltn_sub2l => //; apply: leq_trans lt _.
by apply: leq_trans (max_card _) _; rewrite card_prod !card_ord.
Qed.

(** Gains of the linearisation; a unit that is locally constant may get any gain: 1. *)
Definition gain x k : 'M[R]_N :=
  diag_mx (\row_i (if reg (pre x k i 0) then slope (pre x k i 0) else 1)).

Lemma state_slope x d : stable x -> supp d -> forall k, (k <= K)%N ->
  forall i, slope0 (fun t => state phi T (shift x d t) k i 0) (state phi T x k i 0)
                   (lin (trans T) (inw T) (gain x) d k i 0).
Proof.
move=> st sd.
pose plin k := if k is k'.+1 then lin (trans T) (inw T) (gain x) d k' else 0.
have step k : (k <= K)%N ->
    (forall j, slope0 (fun t => prev (shift x d t) k j 0) (prev x k j 0) (plin k j 0)) ->
    forall i, slope0 (fun t => state phi T (shift x d t) k i 0) (state phi T x k i 0)
                   (lin (trans T) (inw T) (gain x) d k i 0).
  move=> kK hp i.
  pose v := trans T *m plin k + inw T *m d k.
  have linE : lin (trans T) (inw T) (gain x) d k = gain x k *m v by rewrite /v /plin; case: (k).
  have hz : slope0 (fun t => pre (shift x d t) k i 0) (pre x k i 0) (v i 0).
    have c := slope0D (slope0D (mulmx_slope (trans T) hp i)
        (mulmx_slope (inw T) (shift_slope x d k) i)) (slope0_const (bias T i 0)).
    apply: slope0_eq c => [t||]; rewrite ?preE //.
    by rewrite addr0 /v [RHS]mxE.
  have gE : (gain x k *m v) i 0
     = (if reg (pre x k i 0) then slope (pre x k i 0) else 1) * v i 0.
    by rewrite /gain mul_diag_mx !mxE.
  rewrite linE gE stateEi; have [ri|ri] := ifP.
    apply: slope0_eq (slope0_comp hz (reg_slope ri)) => // t.
    by rewrite stateEi.
  have loc : near0 (fun t => pre x k i 0 = pre (shift x d t) k i 0).
    have [g g0 hg] := isolated (pre x k i 0).
    apply: near0_imp (near0_and (st d sd) (pre_cont x d k i g0)) => t [pt ht].
    apply/eqP; rewrite eq_sym -subr_eq0; apply: contraFT ri => ne.
    have := hg _ ht ne; rewrite [pre x k i 0 + _]addrC subrK => rt.
    have : (inord k, i) \in pat (shift x d t) by rewrite inE /= inordK.
    by rewrite pt inE /= inordK.
  have v0 : v i 0 = 0.
    by have [_ ] := slope0_uniq (slope0_near loc (slope0_const _)) hz.
  rewrite v0 mulr0; apply: slope0_near (slope0_const _).
  by apply: near0_imp loc => t; rewrite stateEi => <-.
elim=> [|k IH] kK; apply: step => // j.
  by rewrite /prev /plin mxE; exact: slope0_const.
exact: (IH (ltnW kK) j).
Qed.

End Linearise.

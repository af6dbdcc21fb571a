(** * Networks whose units are the identity, off, or ReLU.

    What a ReLU network looks like in the limit of late times: units far above 0 act as the
    identity, units far below 0 are off. [matching] says that from the state g the network
    answers all small inputs as the linear network (W, F, C) does from the state h. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp.classical Require Import boolp classical_sets functions mathcomp_extra.
From mathcomp.analysis Require Import reals signed topology.
From URNN Require Import Setting Norms Theorem_3_1 UltraLimit.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Lemma colB (R : zmodType) m n (A B : 'M[R]_(m, n)) i j : (A - B) i j = A i j - B i j.
Proof. by rewrite mxE [X in _ + X]mxE. Qed.
Lemma colD (R : zmodType) m n (A B : 'M[R]_(m, n)) i j : (A + B) i j = A i j + B i j.
Proof. by rewrite mxE. Qed.

(** [Some true]: identity; [Some false]: off; [None]: ReLU. *)
Definition kind := option bool.

Section Kinds.
Variable R : realType.
Definition act (t : kind) (s : R) : R :=
  match t with Some true => s | Some false => 0 | None => relu s end.

Lemma relu_cases (s : R) : (0 <= s /\ relu s = s) \/ (s < 0 /\ relu s = 0).
Proof. by rewrite /relu; case: (leP 0 s) => h; [left | right]. Qed.

Lemma sqr_lt (x y : R) : 0 <= x -> x < y -> x ^+ 2 < y ^+ 2.
Proof. by move=> x0 xy; rewrite ltr_pexpn2r ?nnegrE // (le_trans x0) // ltW. Qed.

Lemma act_nonexp t (a b : R) : `|act t a - act t b| <= `|a - b|.
Proof.
by case: t => [[]|] //=; [rewrite subrr normr0 | exact: relu_nonexp].
Qed.

Lemma act_pos t (l s : R) : 0 <= l -> act t (l * s) = l * act t s.
Proof.
move=> l0; case: t => [[]|] //=; first by rewrite mulr0.
by rewrite /relu maxr_pmulr // mulr0.
Qed.

Variables (N n m p : nat).
Variables (U : 'M[R]_N) (Fu : 'M[R]_(N, m)) (Cu : 'M[R]_(p, N)).
Variables (W : 'M[R]_n) (F : 'M[R]_(n, m)) (C : 'M[R]_(p, n)).
Hypothesis oU : U^T *m U = 1%:M.
Implicit Types (tau : 'I_N -> kind) (c g v : 'cV[R]_N) (d : nat -> 'cV[R]_m) (h : 'cV[R]_n).

Definition step tau c g (x : 'cV[R]_m) : 'cV[R]_N :=
  \col_i act (tau i) ((U *m g + Fu *m x + c) i 0).
Fixpoint run tau c g d k : 'cV[R]_N :=
  if k is k'.+1 then step tau c (run tau c g d k') (d k') else g.
Fixpoint eta h d k : 'cV[R]_n := if k is k'.+1 then W *m eta h d k' + F *m d k' else h.

Definition pre_at c g (x : 'cV[R]_m) i : R := (U *m g + Fu *m x + c) i 0.

Lemma stepE tau c g x i : step tau c g x i 0 = act (tau i) (pre_at c g x i).
Proof. by rewrite mxE. Qed.

Lemma pre_diff c g g' x i : pre_at c g x i - pre_at c g' x i = (U *m (g - g')) i 0.
Proof. by rewrite /pre_at -colB opprD addrACA subrr addr0 opprD addrACA subrr addr0 mulmxBr. Qed.

Definition small (r : R) d : Prop := forall k, sqnorm (d k) <= r ^+ 2.
Definition matching tau c (r : R) (y0 : 'cV[R]_p) g h : Prop :=
  forall d, small r d -> forall k, Cu *m run tau c g d k + y0 = C *m eta h d k.

Definition zeros : nat -> 'cV[R]_m := fun=> 0.
Lemma small0 r : small r zeros. Proof. by move=> k; rewrite sqnorm0 sqr_ge0. Qed.

(** First j inputs from d, then from d'. *)
Definition splice j d d' : nat -> 'cV[R]_m := fun k => if (k < j)%N then d k else d' (k - j)%N.

Lemma small_splice r j d d' : small r d -> small r d' -> small r (splice j d d').
Proof. by move=> h h' k; rewrite /splice; case: ifP. Qed.

Lemma run_local tau c g d d' k : (forall j, (j < k)%N -> d j = d' j) ->
  run tau c g d k = run tau c g d' k.
Proof.
elim: k => [|k IH] e //=; rewrite e // IH // => j jk; apply: e; exact: ltnW.
Qed.

Lemma eta_local h d d' k : (forall j, (j < k)%N -> d j = d' j) -> eta h d k = eta h d' k.
Proof.
elim: k => [|k IH] e //=; rewrite e // IH // => j jk; apply: e; exact: ltnW.
Qed.

Lemma run_splice tau c g d d' j k :
  run tau c g (splice j d d') (j + k) = run tau c (run tau c g d j) d' k.
Proof.
elim: k => [|k IH].
  by rewrite addn0 /=; apply: run_local => i ij; rewrite /splice ij.
by rewrite addnS /= IH /splice ltnNge leq_addr /= addKn.
Qed.

Lemma eta_splice h d d' j k : eta h (splice j d d') (j + k) = eta (eta h d j) d' k.
Proof.
elim: k => [|k IH].
  by rewrite addn0 /=; apply: eta_local => i ij; rewrite /splice ij.
by rewrite addnS /= IH /splice ltnNge leq_addr /= addKn.
Qed.

(** A state reached from a matching state matches. *)
Lemma matching_run tau c r y0 g h d j : matching tau c r y0 g h -> small r d ->
  matching tau c r y0 (run tau c g d j) (eta h d j).
Proof.
move=> mt sd d' sd' k; rewrite -run_splice -eta_splice.
by apply: mt; apply: small_splice.
Qed.

(** Non-expansive, and what equality means. *)
Lemma step_diff tau c g g' x i :
  `|(step tau c g x - step tau c g' x) i 0| <= `|(U *m (g - g')) i 0|.
Proof.
by rewrite colB !stepE -(pre_diff c g g' x); exact: act_nonexp.
Qed.

Lemma step_nonexp tau c g g' x : sqnorm (step tau c g x - step tau c g' x) <= sqnorm (g - g').
Proof.
by rewrite -(sqnorm_orth (g - g') oU); apply: sqnorm_le => i; exact: step_diff.
Qed.

Lemma run_nonexp tau c g g' d k :
  sqnorm (run tau c g d k - run tau c g' d k) <= sqnorm (g - g').
Proof. by elim: k => [|k IH] //=; apply: le_trans (step_nonexp _ _ _ _ _) IH. Qed.

Lemma lossless tau c g g' x : sqnorm (step tau c g x - step tau c g' x) = sqnorm (g - g') ->
  step tau c g x - step tau c g' x = U *m (g - g') /\
  forall i, tau i = None -> 0 <= pre_at c g' x i \/ pre_at c g x i = pre_at c g' x i.
Proof.
rewrite -(sqnorm_orth (g - g') oU) => e.
have sq i : (step tau c g x - step tau c g' x) i 0 ^+ 2 <= (U *m (g - g')) i 0 ^+ 2.
  rewrite -real_normK ?num_real // -[in leRHS]real_normK ?num_real //.
  by rewrite ler_pexpn2r ?nnegrE //; exact: step_diff.
have eq i : (step tau c g x - step tau c g' x) i 0 ^+ 2 = (U *m (g - g')) i 0 ^+ 2.
  apply/eqP; rewrite eq_le sq /= -subr_le0.
  have : \sum_j ((U *m (g - g')) j 0 ^+ 2 - (step tau c g x - step tau c g' x) j 0 ^+ 2) = 0.
    by rewrite sumrB -/(sqnorm _) -/(sqnorm _) e subrr.
  move/eqP; rewrite psumr_eq0 => [|j _]; last by rewrite subr_ge0.
  by move/allP/(_ i (mem_index_enum _)) => /eqP ->.
have pd i : (U *m (g - g')) i 0 = pre_at c g x i - pre_at c g' x i by rewrite pre_diff.
have cases i : act (tau i) (pre_at c g x i) - act (tau i) (pre_at c g' x i)
    = pre_at c g x i - pre_at c g' x i /\
    (tau i = None -> 0 <= pre_at c g' x i \/ pre_at c g x i = pre_at c g' x i).
  have := eq i; rewrite colB !stepE pd.
  set a := pre_at c g x i; set b := pre_at c g' x i.
  case: (tau i) => [[]|] //=.
    by rewrite subrr expr0n => /esym/eqP; rewrite sqrf_eq0 => /eqP ->.
  case: (relu_cases a) => -[ha ->]; case: (relu_cases b) => -[hb ->].
  - by move=> _; split=> //; left.
  - rewrite subr0 => h; have : a ^+ 2 < (a - b) ^+ 2.
      by apply: sqr_lt => //; rewrite ltr_addl oppr_gt0.
    by rewrite h ltxx.
  - rewrite sub0r sqrrN => h; have : b ^+ 2 < (b - a) ^+ 2.
      by apply: sqr_lt => //; rewrite ltr_addl oppr_gt0.
    by rewrite -[b - a]opprB sqrrN h ltxx.
  - rewrite subrr expr0n => /esym/eqP; rewrite sqrf_eq0 subr_eq0 => /eqP ab.
    by rewrite ab subrr; split=> //; right.
split=> [|i]; last by have [_] := cases i.
by apply/colP=> i; rewrite colB !stepE; have [-> _] := cases i; rewrite pd.
Qed.

(** Limits of runs. *)
Lemma run_limit tau c g (E : nat -> (nat -> 'cV[R]_m) -> nat -> 'cV[R]_N) d :
  vlim (fun j => E j d 0%N) g ->
  (forall k v, vlim (fun j => E j d k) v -> vlim (fun j => E j d k.+1) (step tau c v (d k))) ->
  forall k, vlim (fun j => E j d k) (run tau c g d k).
Proof. by move=> h0 hs; elim=> [|k IH] //=; apply: hs. Qed.

Lemma vlim_pre c (gs : nat -> 'cV[R]_N) g x i : vlim gs g ->
  lim (fun j => pre_at c (gs j) x i) (pre_at c g x i).
Proof. by move=> h; apply: (vlimD (vlimD (vlim_mulmx U h) (vlim_const _)) (vlim_const _)). Qed.

Lemma lim_act t (s : nat -> R) a : lim s a -> lim (fun k => act t (s k)) (act t a).
Proof. by move=> h; case: t => [[]|] //=; [exact: lim_const | exact: lim_relu]. Qed.

Lemma vlim_run tau c (gs : nat -> 'cV[R]_N) g d k : vlim gs g ->
  vlim (fun j => run tau c (gs j) d k) (run tau c g d k).
Proof.
move=> h; apply: (run_limit (E := fun j d k => run tau c (gs j) d k)) => // k' v hv i.
by apply: lim_eq (lim_act (tau i) (vlim_pre c (d k') i hv)) => [j|] /=; rewrite stepE.
Qed.

Lemma vlim_eta (hs : nat -> 'cV[R]_n) h d k : vlim hs h ->
  vlim (fun j => eta (hs j) d k) (eta h d k).
Proof.
move=> hh; elim: k => [|k IH] //=.
exact: vlimD (vlim_mulmx W IH) (vlim_const _).
Qed.

Lemma matching_limit tau c r y0 (gs : nat -> 'cV[R]_N) (hs : nat -> 'cV[R]_n) g h :
  (forall j, matching tau c r y0 (gs j) (hs j)) -> vlim gs g -> vlim hs h ->
  matching tau c r y0 g h.
Proof.
move=> mt hg hh d sd k.
have a := vlimD (vlim_mulmx Cu (vlim_run tau c d k hg)) (vlim_const y0).
have b := vlim_mulmx C (vlim_eta d k hh).
apply: vlim_uniq a _ => i; apply: lim_ev (b i); apply: evT => j.
by rewrite mt.
Qed.
End Kinds.

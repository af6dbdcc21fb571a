(** * Small perturbations of the closest state: a homogeneous system.

    Units above 0 at m0 act as the identity, units below are off, units at 0 stay ReLU. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp.classical Require Import boolp classical_sets functions mathcomp_extra.
From mathcomp.analysis Require Import reals signed topology.
From URNN Require Import Setting Norms Theorem_3_1 UltraLimit UnitKinds LateTimes Rotation Settle
  ClosestState.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Zoom.
Variable R : realType.
Variables (N n m p : nat).
Variables (U : 'M[R]_N) (Fu : 'M[R]_(N, m)) (Cu : 'M[R]_(p, N)).
Variables (W : 'M[R]_n) (F : 'M[R]_(n, m)) (C : 'M[R]_(p, n)).
Hypothesis oU : U^T *m U = 1%:M.
Notation step := (step U Fu).
Notation run := (run U Fu).
Notation eta := (eta W F).
Notation matching := (matching U Fu Cu W F C).
Notation pre_at := (pre_at U Fu).
Notation zeros := (zeros R m).
Hypothesis fades : forall h, vlim (fun j => eta h zeros j) 0.
Variables (tau : 'I_N -> kind) (c : 'cV[R]_N) (r : R) (y0 : 'cV[R]_p).
Implicit Types (g v : 'cV[R]_N) (d x : nat -> 'cV[R]_m) (h : 'cV[R]_n).
Variables (m0 k0 : 'cV[R]_N).
Hypothesis r0 : 0 < r.
Hypothesis fx : fixed U Fu tau c m0.
Hypothesis cl : closest U Fu Cu W F C tau c r y0 m0 k0.
Hypothesis still : forall i k, tau i = None -> pre_at c m0 0 i = 0 ->
  (run tau c k0 zeros k.+1 - m0) i 0 = 0.
Let ka k := run tau c k0 zeros k.
Let rr k := ka k - m0.
Let zm i := pre_at c m0 0 i.

Definition zoom_kind i : kind :=
  match tau i with
  | None => if 0 < zm i then Some true else if zm i < 0 then Some false else None
  | t => t
  end.

Let e x k := run tau c k0 x k - ka k.
Definition total x k : R := \sum_(j < k) norm (Fu *m x j).

Lemma total_ge0 x k : 0 <= total x k. Proof. by apply: sumr_ge0 => j _; exact: norm_ge0. Qed.

Let zeta x k : 'cV[R]_N := U *m e x k + Fu *m x k.

Lemma pre_e x k i : pre_at c (run tau c k0 x k) (x k) i = pre_at c (ka k) 0 i + zeta x k i 0.
Proof.
rewrite /zeta /e /UnitKinds.pre_at -colD; congr (fun_of_matrix _ _ _).
by rewrite mulmxBr mulmx0 addr0; rewrite [RHS]addrC -!addrA; congr (_ + _); rewrite addrCA addKr.
Qed.

Lemma e_next x k i : e x k.+1 i 0
  = act (tau i) (pre_at c (ka k) 0 i + zeta x k i 0) - act (tau i) (pre_at c (ka k) 0 i).
Proof. by rewrite /e colB /= stepE pre_e /ka /= stepE. Qed.

Lemma norm_zeta x k : norm (zeta x k) <= norm (e x k) + norm (Fu *m x k).
Proof.
apply: le_trans (normvD _ _) _; rewrite ler_add2r ler_norm_norm.
by rewrite sqnorm_orth.
Qed.

Lemma norm_e x k : norm (e x k) <= total x k.
Proof.
elim: k => [|k IH]; first by rewrite /e /= subrr norm0 /total big_ord0.
rewrite /total big_ord_recr /= -/(total x k).
apply: le_trans (le_trans (norm_zeta x k) (ler_add IH (lexx _))).
rewrite ler_norm_norm; apply: sqnorm_le => i; rewrite e_next.
apply: le_trans (act_nonexp _ _ _) _; by rewrite addrC addKr.
Qed.

Lemma zeta_le x k i : `|zeta x k i 0| <= total x k.+1.
Proof.
apply: le_trans (norm_coord _ _) (le_trans (norm_zeta x k) _).
by rewrite /total big_ord_recr /= ler_add2r; exact: norm_e.
Qed.

(** Later the states come back to matching states: not closer than kappa. *)
Lemma not_closer x k : small r x -> 0 <= dot (rr k) (e x k) *+ 2 + sqnorm (e x k).
Proof.
move=> sx; have mt := matching_run k cl.1 sx.
pose g := run tau c k0 x k.
have bd j : sqnorm (run tau c g zeros j - m0) <= sqnorm (g - m0).
  by rewrite -{1}(fixed_run j fx); exact: run_nonexp.
have mj j : matching tau c r y0 (run tau c g zeros j) (eta (eta 0 x k) zeros j).
  by apply: matching_run mt _; exact: small0.
have [k1 [_ mk lk]] := limit_state mj (fades _) bd.
have le : sqnorm (k1 - m0) <= sqnorm (g - m0).
  by apply: lim_le lk (lim_const _); apply: evT.
have gE : g - m0 = rr k + e x k by rewrite /rr /e -/g [RHS]addrC addrA subrK.
have := le_trans (cl.2 _ mk) le; rewrite gE -(orbit_dist oU fx cl k) -[X in sqnorm X <= _]/(rr k).
by rewrite (sqnormD (rr k) (e x k)) -addrA ler_addl.
Qed.

Variable mu : R.
Hypothesis mu0 : 0 < mu.
Hypothesis mu_le : forall i, tau i = None -> 0 < zm i -> mu <= zm i.
Let half : R := mu / 2%:R.
Let half0 : 0 < half. Proof. by rewrite divr_gt0 ?ltr0n. Qed.

Let clip x k i : R := e x k.+1 i 0 - zeta x k i 0.

Lemma relu_ge (s : R) : 0 <= relu s /\ s <= relu s.
Proof. by case: (relu_cases s) => -[h ->]; rewrite ?h ?lexx // ltW. Qed.

Lemma clip_work x k i : total x k.+1 <= half ->
  rr k.+1 i 0 * clip x k i <= 0 /\
  (tau i = None -> 0 < zm i ->
     0 <= clip x k i /\ rr k.+1 i 0 * clip x k i <= - half * clip x k i).
Proof.
move=> small; have zle := le_trans (zeta_le x k i) small.
have rE : rr k.+1 i 0 = act (tau i) (pre_at c (ka k) 0 i) - act (tau i) (zm i).
  by rewrite /rr colB /ka /= stepE -{1}fx stepE.
have cE := e_next x k i; rewrite /clip.
case ti : (tau i) => [[]|]; rewrite ti /= in rE cE.
- by split=> //; rewrite cE -addrA -opprD subrr mulr0.
- by split=> //; rewrite rE subrr mul0r.
have side := orbit_side oU fx cl k ti; rewrite -/(ka k) -/(zm i) in side.
have main : 0 < zm i -> 0 <= e x k.+1 i 0 - zeta x k i 0 /\
    rr k.+1 i 0 * (e x k.+1 i 0 - zeta x k i 0) <= - half * (e x k.+1 i 0 - zeta x k i 0).
  move=> zp; have muz := mu_le ti zp.
  have ge : 0 <= pre_at c (ka k) 0 i by case: side => [[]|->] //; exact: ltW.
  rewrite rE; move: ge cE; set s := pre_at c (ka k) 0 i; set z := zeta x k i 0 => ge ->.
  have -> : relu s = s by case: (relu_cases s) => -[hs ->] //; rewrite ltNge ge in hs.
  have -> : relu (zm i) = zm i by case: (relu_cases (zm i)) => -[hs ->] //; rewrite ltNge ltW in hs.
  case: (relu_cases (s + z)) => -[hs ->].
    by rewrite addrAC addrK subrr !mulr0.
  have sz : s <= half.
    rewrite -(ler_add2r z) (le_trans (ltW hs)) // -ler_subl_addr sub0r.
    by apply: le_trans zle; rewrite -normrN ler_norm.
  have pp : 0 <= 0 - s - z by rewrite sub0r -opprD oppr_ge0 ltW.
  split=> //; apply: ler_wpmul2r => //.
  rewrite ler_subl_addr; apply: le_trans sz _.
  have -> : - half + zm i = half + (zm i - mu).
    by rewrite /half; field.
  by rewrite ler_addl subr_ge0.
have [zp|zn|z0] := ltrgtP 0 (zm i).
- have [c0 w] := main zp; split=> //; apply: le_trans w _.
  by rewrite mulNr oppr_le0 mulr_ge0 // ltW.
- split=> // ; have zE : pre_at c (ka k) 0 i = zm i.
    by case: side => [[h _]|] //; rewrite ltNge h in zn.
  by rewrite rE zE subrr mul0r.
split=> //; have -> : rr k.+1 i 0 = 0 by apply: still => //; rewrite -/(zm i) -z0.
by rewrite mul0r.
Qed.

Let work x k : R := \sum_(j < k) dot (rr j.+1) (Fu *m x j).

Lemma dot_next x k : dot (rr k.+1) (e x k.+1)
  = dot (rr k) (e x k) + dot (rr k.+1) (Fu *m x k) + \sum_i rr k.+1 i 0 * clip x k i.
Proof.
have -> : dot (rr k) (e x k) = dot (rr k.+1) (U *m e x k).
  have -> : rr k.+1 = U *m rr k := orbit_rot oU fx cl k.
  rewrite !dotE trmx_mul -mulmxA (mulmxA U^T) oU mul1mx. by [].
rewrite -!big_split /=; apply: eq_bigr => i _.
have -> : clip x k i = e x k.+1 i 0 - ((U *m e x k) i 0 + (Fu *m x k) i 0).
  by rewrite /clip; congr (_ - _); exact: colD.
move: (rr k.+1 i 0) (e x k.+1 i 0) ((U *m e x k) i 0) ((Fu *m x k) i 0) => a1 a2 a3 a4.
by ring.
Qed.

Lemma total_mono x j k : (j <= k)%N -> total x j <= total x k.
Proof.
move=> jk; rewrite -(subnKC jk) /total big_split_ord /= ler_addl.
by apply: sumr_ge0 => i _; exact: norm_ge0.
Qed.

Lemma dot_le x k : total x k <= half -> dot (rr k) (e x k) <= work x k.
Proof.
elim: k => [|k IH] small.
  by rewrite /e /= subrr /work big_ord0 /dot big1 // => i _; rewrite [(0 : 'cV[R]_N) i 0]mxE mulr0.
rewrite dot_next /work big_ord_recr /= -/(work x k) -[leRHS]addr0.
apply: ler_add; first by rewrite ler_add2r IH // (le_trans _ small) // total_mono.
by apply: sumr_le0 => i _; have [] := clip_work i small.
Qed.

Lemma clip_le x k i : small r x -> total x k.+1 <= half -> tau i = None -> 0 < zm i ->
  0 <= clip x k i /\ mu * clip x k i <= (total x k.+1 ^+ 2) *+ 2.
Proof.
move=> sx small ti zp; pose x' : nat -> 'cV[R]_m := fun j => - x j.
have sx' : UnitKinds.small r x' by move=> j; rewrite /x' sqnormN; exact: sx.
have nFx j : Fu *m x' j = - (Fu *m x j) by rewrite /x' mulmxN.
have tot : total x' k.+1 = total x k.+1.
  by apply: eq_bigr => j _; rewrite nFx normvN.
have wk : work x' k.+1 = - work x k.+1.
  rewrite /work -sumrN; apply: eq_bigr => j _; rewrite nFx /dot -sumrN.
  by apply: eq_bigr => l _; rewrite [(- (Fu *m x j)) l 0]mxE mulrN.
have [c0 cw] := (clip_work i small).2 ti zp; split=> //.
have h1 : dot (rr k.+1) (e x k.+1) <= work x k.+1 - half * clip x k i.
  rewrite dot_next /work big_ord_recr /= -/(work x k); apply: ler_add.
    by rewrite ler_add2r dot_le // (le_trans _ small) // total_mono.
  rewrite (bigD1 i) //= -mulNr -[leRHS]addr0; apply: ler_add => //.
  by apply: sumr_le0 => l _; have [] := clip_work l small.
have h2 : dot (rr k.+1) (e x' k.+1) <= - work x k.+1.
  by rewrite -wk; apply: dot_le; rewrite tot.
have sq y : total y k.+1 = total x k.+1 -> sqnorm (e y k.+1) <= total x k.+1 ^+ 2.
  by move=> ty; rewrite norm_leb ?total_ge0 // -ty; exact: norm_e.
have n1 := not_closer k.+1 sx; have n2 := not_closer k.+1 sx'.
have a1 := sq x erefl; have a2 := sq x' tot.
have -> : mu * clip x k i = half * clip x k i *+ 2.
  by rewrite /half; set cc := clip _ _ _; field.
move: h1 h2 n1 n2 a1 a2; move: (dot _ _) (dot _ _) (sqnorm _) (sqnorm _) (work _ _) (half * _) (_ ^+ 2).
move=> d1 d2 q1 q2 w hc t h1 h2 n1 n2 a1 a2.
have := addr_ge0 n2 n1; rewrite addrACA -mulrnDl => n3.
have h3 : d1 + d2 <= - hc.
  by rewrite addrC; apply: le_trans (ler_add h1 h2) _; rewrite addrAC subrr add0r.
have a3 : q1 + q2 <= t *+ 2 by rewrite mulr2n ler_add.
rewrite -subr_ge0; apply: le_trans n3 _; rewrite addrC ler_add //.
by rewrite -mulNrn ler_pmuln2r.
Qed.

(** The limit of small perturbations. *)
Theorem zoom r' : matching zoom_kind 0 r' 0 0 0.
Proof.
move=> d sd k.
pose sc j : nat -> 'cV[R]_m := fun l => eps R j *: d l.
pose E j (dd : nat -> 'cV[R]_m) l := (eps R j)^-1 *: e (fun l => eps R j *: dd l) l.
have en0 j : eps R j != 0 by rewrite gt_eqF ?eps_gt0.
have scr : ev (fun j => UnitKinds.small r (sc j)).
  apply: ev_imp (ev_eps `|r'| r0) => j h l; rewrite /sc sqnormZ.
  apply: le_trans (ler_wpmul2l (sqr_ge0 _) (sd l)) _.
  rewrite -exprMn -real_normK ?num_real // ler_pexpn2r ?nnegrE ?(ltW r0) //.
  by rewrite normrM ger0_norm ?(ltW (eps_gt0 R j)).
have tot j l : total (sc j) l = eps R j * total d l.
  rewrite /total mulr_sumr; apply: eq_bigr => i _.
  by rewrite -scalemxAr /norm sqnormZ sqrtrM ?sqr_ge0 // sqrtr_sqr ger0_norm ?(ltW (eps_gt0 R j)).
have lims l : vlim (fun j => E j d l) (run zoom_kind 0 0 d l).
  apply: (run_limit (E := E)).
    move=> i; apply: lim_eq (lim_const 0) => [j|]; last by rewrite mxE.
    by rewrite /E /e /= subrr scaler0 mxE.
  move=> {}l v hv i; rewrite stepE.
  pose a j := (U *m E j d l + Fu *m d l) i 0.
  have ha : lim a (pre_at 0 v (d l) i).
    have := vlimD (vlim_mulmx U hv) (vlim_const (Fu *m d l)) i.
    by rewrite /UnitKinds.pre_at addr0.
  have zE j : zeta (sc j) l i 0 = eps R j * a j.
    have e1 : e (sc j) l = eps R j *: E j d l by rewrite /E scalerA mulfV ?scale1r.
    rewrite /zeta e1 -[sc j l]/(eps R j *: d l) -(scalemxAr _ U (E j d l)).
    by rewrite -(scalemxAr _ Fu (d l)) -scalerDr [LHS]mxE.
  have ES j : E j d l.+1 i 0 = (eps R j)^-1 * e (sc j) l.+1 i 0.
    by rewrite -[LHS]/(((eps R j)^-1 *: e (sc j) l.+1) i 0) [LHS]mxE.
  have eE j : E j d l.+1 i 0
     = (eps R j)^-1 * (act (tau i) (pre_at c (ka l) 0 i + eps R j * a j)
                       - act (tau i) (pre_at c (ka l) 0 i)).
    by rewrite ES e_next zE.
  have aE j : a j = (eps R j)^-1 * (eps R j * a j) by rewrite mulrA mulVf ?mul1r.
  rewrite /zoom_kind; case ti : (tau i) => [[]|] /=.
  - apply: lim_eq ha => // j; by rewrite eE ti /= addrAC subrr add0r -aE.
  - by apply: lim_eq (lim_const 0) => // j; rewrite eE ti /= subrr mulr0.
  have side := orbit_side oU fx cl l ti; rewrite -/(ka l) -/(zm i) in side.
  have [zp|zn|z0] := ltrgtP 0 (zm i) => /=.
  - have pl : lim (fun j => (eps R j)^-1 * clip (sc j) l i) 0.
      move=> t t0; pose K := (total d l.+1 ^+ 2) *+ 2 / mu.
      have h3 := ev_and scr (ev_and (ev_eps (total d l.+1) half0) (ev_eps K t0)).
      apply: ev_imp h3 => j [sj [hj tj]].
      have hj' : total (sc j) l.+1 <= half by rewrite tot.
      have [c0 cle] := clip_le sj hj' ti zp.
      rewrite subr0 ger0_norm ?mulr_ge0 ?invr_ge0 ?(ltW (eps_gt0 R j)) //.
      apply: le_trans tj; rewrite ler_pdivr_mull ?eps_gt0 // -(ler_pmul2l mu0).
      apply: le_trans cle _; rewrite tot /K.
      by rewrite le_eqVlt; apply/orP; left; apply/eqP; field; rewrite gt_eqF.
    apply: lim_eq (limD ha pl) => [j|]; last by rewrite addr0.
    by rewrite ES aE -mulrDr /clip zE addrC subrK.
  - have zk : pre_at c (ka l) 0 i = zm i.
      by case: side => [[h _]|] //; rewrite ltNge h in zn.
    have small0 := limM (@lim_eps R) ha; rewrite mul0r in small0.
    have zn2 : 0 < - zm i by rewrite oppr_gt0.
    apply: lim_ev (lim_const 0); apply: ev_imp (small0 _ zn2) => j.
    rewrite subr0 => h; rewrite eE ti zk /=.
    have le : zm i + eps R j * a j <= 0.
      by rewrite -ler_subr_addl sub0r; apply: le_trans h; exact: ler_norm.
    by rewrite !relu_flat ?subrr ?mulr0 // ltW.
  have zk : pre_at c (ka l) 0 i = 0.
    by rewrite (orbit_pre oU fx cl) -/(zm i) -z0 add0r; apply: still; rewrite // -/(zm i) -z0.
  apply: lim_eq (lim_relu ha) => // j; rewrite eE ti zk /= add0r.
  have -> : relu (0 : R) = 0 by rewrite relu_flat.
  rewrite subr0 -[relu (_ * _)]/(act None _) act_pos ?(ltW (eps_gt0 R j)) //=.
  by rewrite mulrA mulVf ?mul1r.
have eta_lin j : eta 0 (sc j) k = eps R j *: eta 0 d k.
  elim: (k) => [|l IH] /=; first by rewrite scaler0.
  by rewrite IH /sc -!scalemxAr scalerDr.
rewrite addr0; apply: vlim_uniq (vlim_mulmx Cu (lims k)) _ => i.
apply: lim_ev (lim_const _); apply: ev_imp scr => j sj.
have h1 := cl.1 _ sj k; have h2 := cl.1 _ (small0 m r) k.
rewrite eta0 mulmx0 in h2.
have -> : Cu *m E j d k = C *m eta 0 d k; last by [].
rewrite /E -/(sc j) -scalemxAr /e mulmxBr.
have -> : Cu *m run tau c k0 (sc j) k - Cu *m ka k = C *m eta 0 (sc j) k.
  by rewrite -h1 -[Cu *m ka k](addrK y0) h2 sub0r opprK.
by rewrite eta_lin -scalemxAr scalerA mulVf ?scale1r.
Qed.
End Zoom.
